import * as z from "zod";
import { parseJson } from "../../lib/json.ts";
import type { Clock, Gate, Log } from "../core/effects.ts";
import { type ClosedFronts, closedFronts } from "./closed-fronts.ts";
import type { Exec } from "./exec.ts";
import type { FrontListeners } from "./front-listeners.ts";

/** The worker port behind each front port, and the closed front ports. */
export interface Routes {
  readonly active: ReadonlyMap<number, number>;
  /** Front port to seconds until it opens by itself. */
  readonly closed: ReadonlyMap<number, number>;
}

/**
 * The one table, as a transaction that makes or replaces it. Connections are redirected when
 * they are made; established ones stay where conntrack has them. The filter comes before the
 * redirect, so both see the front port; it resets a new connection before nginx has sent
 * anything, so nginx takes the next upstream, for POSTs too.
 *
 * Both match only a first packet (SYN). Conntrack also calls a connection new when it sees a later
 * packet first, as of those that the agent took while the table was out (front-listeners.ts).
 */
export function renderTable({ active, closed }: Routes): string {
  return `add table inet shoestring
delete table inet shoestring
table inet shoestring {
  map active {
    type inet_service : inet_service
    ${elements([...active].map(([front, worker]) => `${front} : ${worker}`))}
  }
  set closed {
    type inet_service
    flags timeout
    ${elements([...closed].map(([front, seconds]) => `${front} timeout ${seconds}s`))}
  }
  chain gate {
    type filter hook output priority -150; policy accept;
    ip daddr 127.0.0.1 tcp dport @closed tcp flags & (fin | syn | rst | ack) == syn reject with tcp reset
  }
  chain switch {
    type nat hook output priority -100; policy accept;
    ip daddr 127.0.0.1 tcp flags & (fin | syn | rst | ack) == syn redirect to :tcp dport map @active
  }
}
`;
}

const elements = (list: readonly string[]) =>
  list.length === 0 ? "" : `elements = { ${list.join(", ")} }`;

const change = (verb: "add" | "delete" | "flush", what: string, list: readonly string[]) =>
  `${verb} ${what}${list.length === 0 ? "" : ` { ${list.join(", ")} }`}\n`;

/** Sets the routes and opens some front ports, in one transaction. */
function pointScript(active: ReadonlyMap<number, number>, opened: readonly number[]) {
  const pairs = [...active].map(([front, worker]) => `${front} : ${worker}`);
  return (
    change("flush", "map inet shoestring active", []) +
    change("add", "element inet shoestring active", pairs) +
    // "add" before "delete": deleting what is not there would refuse the transaction.
    change(
      "add",
      "element inet shoestring closed",
      opened.map((front) => `${front} timeout 1s`),
    ) +
    change("delete", "element inet shoestring closed", opened.map(String))
  );
}

/** Closes a front port; one that is closed already stays so for longer. */
function closeScript(front: number, seconds: number) {
  const element = (text: string) => [`${front} ${text}`.trim()];
  // On most kernels an element that is added again keeps its timeout. So the script adds it, which
  // makes the delete valid, deletes it and adds it.
  return (
    change("add", "element inet shoestring closed", element("timeout 1s")) +
    change("delete", "element inet shoestring closed", element("")) +
    change("add", "element inet shoestring closed", element(`timeout ${seconds}s`))
  );
}

/** A gate that also knows what the table should hold, and can put it back. */
export interface NftablesGate extends Gate {
  /**
   * Reconciles at an agent's start. A front port that a former agent closed stays closed until its
   * time is over or it is opened.
   */
  takeOver(): Promise<boolean>;
  /** Compares the kernel's table with the wanted one. @returns true where it had to be repaired. */
  reconcile(): Promise<boolean>;
}

const Listing = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) });
type Listing = z.infer<typeof Listing>;

interface Kernel {
  readonly exec: Exec;
  readonly log: Log;
  readonly clock: Clock;
  /** Take connections while the table is out. */
  readonly listeners: FrontListeners;
}

/**
 * The gate of all services of this instance, as one nftables table. It knows all that the table
 * should hold, so that a repair puts back the closed front ports, too.
 *
 * @param initial worker port by front port, from the services' states.
 */
export function nftablesGate(
  { exec, log, clock, listeners }: Kernel,
  initial: ReadonlyMap<number, number>,
): NftablesGate {
  const active = new Map(initial);
  const closed = closedFronts(clock);
  let last: Promise<unknown> = Promise.resolve();
  /** Makes one change at a time: two processes that switch together must not undo each other. */
  const serialize = <T>(act: () => Promise<T>): Promise<T> => {
    const change = last.then(act, act);
    last = change;
    return change;
  };
  const follow = () => listeners.follow(active, closed.left());
  const nft = (script: string) => exec("nft", ["-f", "-"], { input: script });
  const install = () => nft(renderTable({ active, closed: closed.left() }));
  const list = async () => {
    const listed = await exec("nft", ["-j", "list", "table", "inet", "shoestring"]).catch(
      () => undefined,
    );
    return listed === undefined ? undefined : Listing.parse(parseJson(listed));
  };
  /** @returns whether the table had to be repaired. */
  const putRight = async (listing: Listing | undefined) => {
    follow(); // a front port may have opened by itself
    if (listing && isIntact(listing, active, closed)) return false;
    log("gate.broken", { table: listing ? "changed" : "gone" });
    await install();
    log("gate.repaired", { fronts: active.size, closed: closed.left().size });
    return true;
  };
  const wanted = new Map<number, number>();
  let pointing: Promise<void> | undefined;

  return {
    point(front, worker) {
      wanted.set(front, worker);
      // Processes that switch while another change is under way share the next transaction.
      pointing ??= serialize(async () => {
        pointing = undefined;
        const opened = [...wanted.keys()];
        for (const [f, w] of wanted) active.set(f, w);
        for (const front of opened) closed.open(front);
        wanted.clear();
        follow();
        await nft(pointScript(active, opened)).catch(install);
      });
      return pointing;
    },
    close: (front, boundSeconds) =>
      serialize(async () => {
        const seconds = Math.max(1, Math.ceil(boundSeconds));
        closed.close(front, seconds);
        follow();
        await nft(closeScript(front, seconds)).catch(install);
      }),
    takeOver: () =>
      serialize(async () => {
        const listing = await list();
        for (const [front, seconds] of closedIn(listing)) {
          if (seconds !== undefined) closed.close(front, seconds);
        }
        return putRight(listing);
      }),
    reconcile: () => serialize(async () => putRight(await list())),
  };
}

/** The routes in the kernel's table; empty where there is no table. */
export async function currentRoutes(exec: Exec): Promise<ReadonlyMap<number, number>> {
  const listed = await exec("nft", ["-j", "list", "table", "inet", "shoestring"]).catch(
    () => '{"nftables":[]}',
  );
  return routesIn(Listing.parse(parseJson(listed))) ?? new Map();
}

/** The routes of a listed table; undefined where it has no map of them. */
function routesIn({ nftables }: Listing): ReadonlyMap<number, number> | undefined {
  const Pair = z.tuple([z.number(), z.number()]);
  const Active = z.object({ name: z.literal("active"), elem: z.array(Pair).default([]) });
  const map = nftables.map((item) => Active.safeParse(item.map)).find((it) => it.success)?.data;
  return map && new Map(map.elem);
}

const Timed = z.object({ elem: z.object({ val: z.number(), expires: z.number().optional() }) });
const ClosedSet = z.object({
  name: z.literal("closed"),
  elem: z.array(z.union([z.number(), Timed])).default([]),
});

/** The closed front ports of a table, with the seconds until each opens by itself. */
function closedIn(listing: Listing | undefined): ReadonlyMap<number, number | undefined> {
  const sets = (listing?.nftables ?? []).map((item) => ClosedSet.safeParse(item.set));
  const elements = sets.flatMap((set) => (set.success ? set.data.elem : []));
  return new Map(
    elements.map((it) =>
      typeof it === "number" ? [it, undefined] : [it.elem.val, it.elem.expires],
    ),
  );
}

/** Whether a table has both rules, the routes and the closed front ports that it should have. */
export function isIntact(
  listing: Listing,
  active: ReadonlyMap<number, number>,
  closed: Pick<ClosedFronts, "isAs">,
): boolean {
  const of = (kind: string) => listing.nftables.filter((item) => item[kind]);
  const routes = routesIn(listing);
  return (
    of("rule").length === 2 &&
    of("chain").length === 2 &&
    routes !== undefined &&
    routes.size === active.size &&
    [...routes].every(([front, worker]) => active.get(front) === worker) &&
    closed.isAs(closedIn(listing))
  );
}
