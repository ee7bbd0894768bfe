import { Problem } from "../../lib/problem.ts";
import type { ServiceRepository } from "./services.ts";

/** Where in a service's repository its deploy workflow is. */
export const workflowPath = (service: string) => `.github/workflows/deploy-${service}.yml`;

const begin = "      # Yours: what stands between these two lines is kept.";
const end = "      # Not yours from here.";

/**
 * The deploy workflow of a service. What its repository wrote between the two marks stays; the rest
 * is the template's.
 *
 * @param infrastructure repository with deploy-service.yml, `owner/name`
 * @param existing the file as it is now; without one, the marks hold what the list says
 * @throws Problem for a file without the two marks: nobody knows what in it is meant to stay.
 */
export function render(
  service: ServiceRepository,
  infrastructure: string,
  existing: string | undefined,
): string {
  const own = existing === undefined ? firstOwn(service) : ownOf(service, existing);
  return `# From ${infrastructure}, which opens a pull request when this is to change.
name: Deploy ${service.service}
on:
  push:
    branches: ["deploy/*"]
permissions: {}
jobs:
  deploy:
    permissions: { contents: read, id-token: write }
    # By its branch: what deploys is what infrastructure runs now, and reviewed there.
    uses: ${infrastructure}/.github/workflows/deploy-service.yml@main
    secrets:
      infrastructure-token: \${{ secrets.INFRASTRUCTURE_TOKEN }}
      slack-token: \${{ secrets.SHOESTRING_SLACK_TOKEN }}
      trace-headers: \${{ secrets.SHOESTRING_TRACE_HEADERS }}
    with:
      service: ${service.service}
${begin}
${own}${end}
`;
}

/** JSON's strings are strings of YAML too, whatever is in them. */
const firstOwn = ({ build, folder }: ServiceRepository) =>
  `      build: ${JSON.stringify(build)}\n      folder: ${JSON.stringify(folder)}\n`;

function ownOf({ service, repository }: ServiceRepository, existing: string): string {
  const lines = existing.replaceAll("\r\n", "\n").split("\n");
  const at = (mark: string) => lines.flatMap((line, i) => (line.trim() === mark.trim() ? [i] : []));
  const [[from, ...moreBegins], [to, ...moreEnds]] = [at(begin), at(end)];
  const isWhole = moreBegins.length === 0 && moreEnds.length === 0;
  if (isWhole && from !== undefined && to !== undefined && from < to) {
    return lines
      .slice(from + 1, to)
      .map((line) => `${line}\n`)
      .join("");
  }
  throw new Problem({
    happened: `${workflowPath(service)} of ${repository} lacks the two marks, once each`,
    unchanged: "the file is as it was; no pull request was opened for it",
    next: `put them around what is to stay, or delete the file: "${begin.trim()}" and "${end.trim()}"`,
  });
}
