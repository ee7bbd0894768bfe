/** Images: checks of the Packer templates, their variables, and what an image contains. */
import { fileURLToPath } from "node:url";
import { images } from "./command.ts";

process.exitCode = await images(
  process.argv.slice(2),
  fileURLToPath(new URL("../..", import.meta.url)),
);
