/** What a load saw. */
export interface Seen {
  /** How often something went well, by what it is. */
  readonly answered: Readonly<Record<string, number>>;
  /** What did not, by what it is and why. */
  readonly lost: Readonly<Record<string, number>>;
}

/** Clients that work until they are told to end. */
export interface Load {
  /** Resolves after the answers to what is under way. */
  end(): Promise<Seen>;
}

/** What a client does again and again. @returns why it is lost; undefined where it went well */
export type Attempt = () => Promise<string | undefined>;

/** Between two attempts of a client. */
const pauseMs = 100;

/** Starts clients, each with attempts of its own, by the name of what they do. */
export function startClients(clients: readonly (readonly [name: string, Attempt])[]): Load {
  const answered: Record<string, number> = {};
  const lost: Record<string, number> = {};
  const count = (of: Record<string, number>, name: string) => (of[name] = (of[name] ?? 0) + 1);
  let isOver = false;
  const work = async (name: string, attempt: Attempt) => {
    while (!isOver) {
      const why = await attempt();
      if (why === undefined) count(answered, name);
      else count(lost, `${name}: ${why}`);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const working = clients.map(([name, attempt]) => work(name, attempt));
  return {
    async end() {
      isOver = true;
      await Promise.all(working);
      return { answered, lost };
    },
  };
}
