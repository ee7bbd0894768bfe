import { expect, test } from "vitest";
import { aService } from "../../testing/builders.ts";
import { staticLocations } from "./static-files.ts";

const files = { "/assets": { folder: "public" } };
const locationOf = (text: string) => text.slice(0, text.indexOf("\n  }"));

test.each([
  [{}, "client_max_body_size 0m;"],
  [{ maxBodyMib: 100 }, "client_max_body_size 100m;"],
])("an upload below a static path has the service's largest body: %o", (differs, expected) => {
  const service = aService({ ...differs, static: files });
  expect(locationOf(staticLocations(service, "", "# process"))).toContain(expected);
});
