import * as z from "zod";

/** A channel's id, like "C0123456789": names change, and an edit takes only the id. */
export const SlackChannel = z.string().regex(/^[CG][A-Z0-9]{2,30}$/);

/** A message as Slack names it: by its channel and its time stamp, like "1767225600.000100". */
export const SlackPlace = z.object({
  channel: SlackChannel,
  ts: z.string().regex(/^[0-9]{1,16}\.[0-9]{1,10}$/),
});

/** Names one message. Documents accept any text here, so that none is refused because of Slack. */
export const SlackReference = z.looseObject({
  channel: z.string(),
  /** Slack's time stamp: the message's id in its channel. */
  ts: z.string(),
  /** Why a person was called in the message's thread, so that this happens once. */
  called: z.string().optional(),
});
export type SlackReference = z.infer<typeof SlackReference>;

/** `<channel>/<ts>`: a reference as it is written in an object's metadata. */
export const SlackMetadata = z
  .string()
  .transform((text) => {
    const [channel, ...rest] = text.split("/");
    return { channel, ts: rest.join("/") };
  })
  .pipe(SlackPlace);

export const slackMetadata = ({ channel, ts }: SlackReference) => `${channel}/${ts}`;
