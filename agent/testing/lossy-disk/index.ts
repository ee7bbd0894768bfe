export { lossyDisk } from "./lossy-disk.ts";
