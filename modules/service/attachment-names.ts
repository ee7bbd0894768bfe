import type { ServiceFile } from "../../protocol/service-file.ts";

/** The attachment of an internal service. */
export const internalAttachment = "internal";

/** What a service is called at a load balancer: its own name, and the attachment's, if it has one. */
export const attachmentId = (service: string, name: string | undefined): string =>
  name === undefined ? service : `${service}-${name}`;

/**
 * What a target group is called, without the cluster. One of another protocol is another group, which
 * AWS has to make beside the first, since a rule still needs that one.
 */
export const targetGroupId = (attachment: string, protocol: ServiceFile["protocol"]): string =>
  protocol === undefined ? attachment : `${attachment}-${protocol}`;
