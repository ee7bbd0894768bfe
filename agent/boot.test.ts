import { expect, test } from "vitest";
import { makeServices } from "./boot.ts";
import { aService } from "./testing/builders.ts";

const services = ["api", "jobs", "web"].map((service) => aService({ service }));

test.each(["user", "folders", "unit"])(
  "a service whose %s cannot be made is logged, and its neighbours are made whole",
  async (broken) => {
    const made: string[] = [];
    const logged: unknown[] = [];
    const makePart = (part: string) => async (service: { service: string }) => {
      if (part === broken && service.service === "jobs") throw new Error(`no ${part}`);
      made.push(`${service.service}'s ${part}`);
    };
    const parts = { user: makePart("user"), folders: makePart("folders"), unit: makePart("unit") };
    const apart = await makeServices(services, parts, (event, fields) =>
      logged.push({ event, ...fields }),
    );
    expect(apart.made.map(({ service }) => service)).toEqual(["api", "web"]);
    expect(apart.failed).toEqual(["jobs"]);
    expect(logged).toEqual([{ event: "service.unusable", service: "jobs", error: `no ${broken}` }]);
    for (const name of ["api", "web"]) {
      for (const part of Object.keys(parts)) expect(made).toContain(`${name}'s ${part}`);
    }
    expect(made).not.toContain(`jobs's ${broken}`);
  },
);
