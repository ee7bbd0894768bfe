import { type SeededRandom, seededRandom } from "../../../lib/seeded-random.ts";

/** The choices of an interleaving, in three streams: a choice in one moves no choice in another. */
export interface Random {
  /** The order of the agents' steps, the service and the faults of its instances. */
  readonly order: SeededRandom;
  /** People and the network. */
  readonly people: SeededRandom;
  /** Faults of serving processes, and when they come. */
  readonly processes: SeededRandom;
}

export const randomFrom = (seed: number): Random => ({
  order: seededRandom(seed),
  people: seededRandom(~seed),
  processes: seededRandom(seed ^ 0x5bd1e995),
});
