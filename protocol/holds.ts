import type { Entry } from "../lib/consul.ts";
import { Hold, parseDocument } from "./documents.ts";
import { keys } from "./keys.ts";
import { assumed } from "./unusable.ts";

/** A hold that cannot be read still holds: a person wanted to stop deploys. */
export const parseHold = ({ key, value }: Entry): Hold =>
  assumed(
    () => parseDocument(Hold, key, value),
    `shoestring unhold ${key.slice(keys.holds().length)}`,
  );
