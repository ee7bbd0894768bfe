import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { account } from "../../clusters/account.ts";
import { type ServiceRepository, services } from "./services.ts";
import { render } from "./template.ts";

test("docs/deploying.md shows the workflow that the service web gets", () => {
  const page = readFileSync("docs/deploying.md", "utf8");
  const web = services.find((it) => it.service === "web") as ServiceRepository;
  expect(page).toContain(`\`\`\`yaml\n${render(web, account.repository, undefined)}\`\`\``);
});
