import * as z from "zod";
import { Deploy, schemaVersion } from "../../protocol/documents.ts";
import { ReleaseId } from "../../protocol/releases.ts";

const SideSchema = z.enum(["a", "b"]);

/** The side, release and environment that serve one front port. */
export const Serving = z.object({
  side: SideSchema,
  release: ReleaseId,
  /** Names the environment that the process was started with. */
  environmentId: z.string(),
});
export type Serving = z.infer<typeof Serving>;

/** One process on its way from its side to the other: the journal of its roll. */
export const Move = z.object({
  to: Serving,
  /** The step that was begun last. */
  step: z.string(),
  /** What served before, once the new side does: it may run on for as long as its job takes. */
  from: Serving.optional(),
});
export type Move = z.infer<typeof Move>;

/** The end of a roll on this instance. */
export const Ended = z.object({
  phase: z.enum(["done", "failed", "halted"]),
  at: z.iso.datetime(),
  error: z.string().optional(),
});
export type Ended = z.infer<typeof Ended>;

/**
 * All that an instance knows about a service, in one file. It is replaced as a whole, so a cut at
 * any moment leaves either the state before a step or the one after.
 */
export const ServiceState = z.object({
  schema: z.literal(schemaVersion),
  /** By process number. Empty before the first deploy. */
  serving: z.record(z.string(), Serving),
  /** Processes whose roll was begun and not ended. */
  moves: z.record(z.string(), Move),
  /** The newest deploy that was accepted. */
  deploy: Deploy.optional(),
  /** Epochs of the deploys accepted before that of `deploy`, the newest last. */
  formerEpochs: z.array(z.string()).optional(),
  /** How the roll of `deploy` ended on this instance; absent while it has not. */
  ended: Ended.optional(),
  /** The rollout that this late joiner came into: it started the last known good release. */
  lateJoiner: z.number().int().optional(),
  /** By environment: why it is faulty since `deploy` was accepted, as after a restart. */
  faults: z.record(z.string(), z.string()).optional(),
  /** By release: the environment that every process of this instance served with last. */
  servedWith: z.record(ReleaseId, z.string()).optional(),
  /** The Consul session that holds this instance's slot, so that a new agent can go on. */
  session: z.string().optional(),
});
export type ServiceState = z.infer<typeof ServiceState>;

export const emptyState: ServiceState = { schema: schemaVersion, serving: {}, moves: {} };

/** Persists the state. */
export interface StateFile {
  read(): Promise<ServiceState>;
  /** Resolves when the new state survives a power cut. */
  write(state: ServiceState): Promise<void>;
}

/** The state in memory and on disk; changes are written in the order they were made. */
export interface Journal {
  current(): ServiceState;
  change(change: (state: ServiceState) => ServiceState): Promise<void>;
}

/** Opens the journal. @throws what reading the file throws; a damaged file is an error. */
export async function openJournal(file: StateFile): Promise<Journal> {
  let state = await file.read();
  let writing: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return {
    current: () => state,
    change(change) {
      state = change(state);
      // Changes that wait for a write share the next one: it writes the whole state.
      next ??= writing
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          writing = file.write(state);
          return writing;
        });
      return next;
    },
  };
}

/** What every process serves, moves to, or still ends. Its files are in use. */
export const inUse = ({ serving, moves }: ServiceState): Serving[] => [
  ...Object.values(serving),
  ...Object.values(moves).flatMap(({ to, from }) => (from ? [to, from] : [to])),
];

/** The name of a deploy's environment on this instance. */
export const environmentIdOf = (deploy: Deploy) =>
  `${deploy.revision}-${deploy.at.replaceAll(/[^0-9]/g, "")}`;
