import * as z from "zod";

/**
 * First segments of KV keys with another meaning; `announce`, whose role and function are named like
 * a service's; and `consul`, which registers itself. No service may have such a name.
 */
export const reservedServiceNames = [
  "global",
  "services",
  "deploys",
  "rollouts",
  "slots",
  "releases",
  "holds",
  "pauses",
  "drains",
  "state",
  "audit",
  "announce",
  "consul",
] as const;

const namePattern = /^[a-z][a-z0-9-]{0,30}$/;

/** A name of a cluster or an instance: a lower-case letter, then up to 30 letters, digits, dashes. */
export const Name = z.string().regex(namePattern, {
  error: (issue) =>
    `"${String(issue.input)}" is no name: use a lower-case letter, then up to 30 letters, digits or dashes, like "web"`,
});

/** A service's name: a name that is not reserved for a key of another kind. */
export const ServiceName = Name.refine(
  (name) => !(reservedServiceNames as readonly string[]).includes(name),
  {
    error: (issue) => `"${String(issue.input)}" is reserved; call the service otherwise`,
  },
);

/** An instance's name: EC2 ids ("i-0abc…") and local names ("web-1") both fit. */
export const InstanceName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
