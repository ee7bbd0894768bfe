import { Problem } from "../../lib/problem.ts";
import type { ServiceRepository } from "./services.ts";

/** The path of a service's deploy workflow in its repository. */
export const workflowPath = (service: string) => `.github/workflows/deploy-${service}.yml`;

const begin = "      # Yours: what stands between these two lines is kept.";
const end = "      # Not yours from here.";

/**
 * The deploy workflow of a service. Its repository's text between the two marks stays; the rest is
 * the template's.
 *
 * @param infrastructure repository with deploy-service.yml, `owner/name`
 * @param existing the current file; without one, the list fills the text between the marks
 * @throws Problem for a file without the two marks: it is unknown which part is to stay.
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

/** A JSON string is always a YAML string too. */
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
