import type { Entry } from "../lib/consul.ts";
import { Hold, parseDocument } from "./documents.ts";
import { keys } from "./keys.ts";
import { assumed } from "./unusable.ts";

/** One that cannot be read holds too: what it stops was to be stopped. */
export const parseHold = ({ key, value }: Entry): Hold =>
  assumed(
    () => parseDocument(Hold, key, value),
    `shoestring unhold ${key.slice(keys.holds().length)}`,
  );
