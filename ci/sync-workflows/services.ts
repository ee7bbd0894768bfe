import * as z from "zod";
import { ServiceName } from "../../protocol/names.ts";

const oneLine = z.string().regex(/^[\x20-\x7e]+$/, "one line of plain characters, not empty");

const ServiceRepository = z.strictObject({
  /** The service's name in the clusters' files. */
  service: ServiceName,
  /** The repository that builds it, `owner/name`. One repository may build several services. */
  repository: z
    .string()
    .regex(/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/, 'owner and name, like "example/web"'),
  /** The first build command of its workflow; later the repository's own counts. */
  build: oneLine,
  /** The build's folder for the release; later the repository's own counts. @default "dist" */
  folder: oneLine.default("dist"),
});
export type ServiceRepository = z.infer<typeof ServiceRepository>;

/** The list of services whose repositories have a deploy workflow, checked. */
export const ServiceRepositories = z
  .array(ServiceRepository)
  .refine((list) => new Set(list.map((it) => it.service)).size === list.length, {
    error: "a service is in it twice",
  });

/** Every service whose repository gets its deploy workflow from here. */
export const services: readonly ServiceRepository[] = ServiceRepositories.parse([
  { service: "api", repository: "example/api", build: "npm ci && npm run build" },
  { service: "web", repository: "example/web", build: "npm ci && npm run build" },
] satisfies z.input<typeof ServiceRepositories>);
