export { Artifacts } from "./artifacts.ts";
export type { ArtifactsProps } from "./props.ts";
