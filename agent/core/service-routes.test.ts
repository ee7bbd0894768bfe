import { expect, test } from "vitest";
import { aDeploy, aService } from "../testing/builders.ts";
import { serviceRoutes } from "./service-routes.ts";
import { emptyState, type ServiceState } from "./state.ts";

const web = aService({ processes: 1 });
const api = aService({ service: "api", basePort: 9000, processes: 1 });
const { release } = aDeploy(1);
const serving: ServiceState = {
  ...emptyState,
  serving: { 1: { side: "a", release: release.id, environmentId: "1" } },
};

/** Routes where the state of some services is damaged. */
async function routesWith(
  damaged: readonly string[],
  gate: ReadonlyMap<number, number>,
  unusable: readonly string[] = [],
) {
  const logged: string[] = [];
  const services = [web, api].filter((it) => !unusable.includes(it.service));
  const routes = await serviceRoutes(services, unusable, {
    async readState(service) {
      if (damaged.includes(service))
        throw new Error(`/var/lib/shoestring/${service}.json is damaged`);
      return serving;
    },
    current: async () => gate,
    log: (event, fields) => void logged.push(`${event} ${fields?.service}`),
  });
  return { routes: Object.fromEntries(routes), logged };
}

test("the gate's routes come from the services' states", async () => {
  const { routes, logged } = await routesWith([], new Map([[8001, 1]]));
  expect(routes).toEqual({ 8001: 8101, 9001: 9101 });
  expect(logged).toEqual([]);
});

test("a damaged state is logged and leaves its service's routes as they are; the others' are right", async () => {
  const gate = new Map([
    [8001, 8201],
    [9001, 1],
  ]);
  const { routes, logged } = await routesWith(["web"], gate);
  expect(routes).toEqual({ 8001: 8201, 9001: 9101 });
  expect(logged).toEqual(["service.unusable web"]);
});

test("a damaged service file leaves its service's routes as they are", async () => {
  const { routes } = await routesWith([], new Map([[8001, 8201]]), ["web"]);
  expect(routes).toEqual({ 8001: 8201, 9001: 9101 });
});

test("a machine that boots with a damaged state serves its other services", async () => {
  const { routes } = await routesWith(["web"], new Map());
  expect(routes).toEqual({ 9001: 9101 });
});
