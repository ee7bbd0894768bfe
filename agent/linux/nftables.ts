import * as z from "zod";
import { parseJson } from "../../protocol/json.ts";
import type { Gate, Log } from "../effects.ts";
import type { Exec } from "./exec.ts";

/** Which worker port is behind each front port, and which front ports are closed. */
export interface Routes {
  readonly active: ReadonlyMap<number, number>;
  /** Front port to seconds until it opens by itself. */
  readonly drained: ReadonlyMap<number, number>;
}

/**
 * The one table, as a transaction that makes or replaces it. Connections are redirected when
 * they are made; established ones stay where conntrack has them. The filter comes before the
 * redirect, so both see the front port; it resets a new connection before nginx has sent
 * anything, so nginx takes the next upstream, for POSTs too.
 */
export function renderTable({ active, drained }: Routes): string {
  return `add table inet shoestring
delete table inet shoestring
table inet shoestring {
  map active {
    type inet_service : inet_service
    ${elements([...active].map(([front, worker]) => `${front} : ${worker}`))}
  }
  set drained {
    type inet_service
    flags timeout
    ${elements([...drained].map(([front, seconds]) => `${front} timeout ${seconds}s`))}
  }
  chain gate {
    type filter hook output priority -150; policy accept;
    ip daddr 127.0.0.1 tcp dport @drained ct state new reject with tcp reset
  }
  chain switch {
    type nat hook output priority -100; policy accept;
    ip daddr 127.0.0.1 meta l4proto tcp redirect to :tcp dport map @active
  }
}
`;
}

const elements = (list: readonly string[]) =>
  list.length === 0 ? "" : `elements = { ${list.join(", ")} }`;

const change = (verb: "add" | "delete" | "flush", what: string, list: readonly string[]) =>
  `${verb} ${what}${list.length === 0 ? "" : ` { ${list.join(", ")} }`}\n`;

/** Makes the routes what they should be and opens some front ports, in one transaction. */
function pointScript(active: ReadonlyMap<number, number>, opened: readonly number[]) {
  const pairs = [...active].map(([front, worker]) => `${front} : ${worker}`);
  return (
    change("flush", "map inet shoestring active", []) +
    change("add", "element inet shoestring active", pairs) +
    // "add" before "delete": deleting what is not there would refuse the transaction.
    change(
      "add",
      "element inet shoestring drained",
      opened.map((front) => `${front} timeout 1s`),
    ) +
    change("delete", "element inet shoestring drained", opened.map(String))
  );
}

/** A gate that also knows what the table should hold, and can put it back. */
export interface NftablesGate extends Gate {
  /** Makes the table as it should be. */
  install(): Promise<void>;
  /** Compares the kernel's table with what it should be; true where it had to be repaired. */
  repair(): Promise<boolean>;
}

const Listing = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) });

/**
 * The gate of all services of this instance, as one nftables table.
 *
 * @param initial worker port by front port, as the services' states have it.
 */
export function nftablesGate(
  exec: Exec,
  log: Log,
  initial: ReadonlyMap<number, number>,
): NftablesGate {
  const active = new Map(initial);
  let last: Promise<unknown> = Promise.resolve();
  /** One change at a time: two processes that switch together must not undo each other. */
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const turn = last.then(act, act);
    last = turn;
    return turn;
  };
  const nft = (script: string) => exec("nft", ["-f", "-"], { input: script });
  const install = () => nft(renderTable({ active, drained: new Map() }));
  const wanted = new Map<number, number>();
  let pointing: Promise<void> | undefined;

  return {
    point(front, worker) {
      wanted.set(front, worker);
      // Processes that switch while another change is under way share the next transaction.
      pointing ??= inTurn(async () => {
        pointing = undefined;
        const opened = [...wanted.keys()];
        for (const [f, w] of wanted) active.set(f, w);
        wanted.clear();
        await nft(pointScript(active, opened)).catch(install);
      });
      return pointing;
    },
    close: (front, boundSeconds) =>
      inTurn(async () => {
        const seconds = Math.ceil(boundSeconds);
        const script = change("add", "element inet shoestring drained", [
          `${front} timeout ${seconds}s`,
        ]);
        await nft(script).catch(() =>
          nft(renderTable({ active, drained: new Map([[front, seconds]]) })),
        );
      }),
    install: () => inTurn(async () => void (await install())),
    repair: () =>
      inTurn(async () => {
        const listed = await exec("nft", ["-j", "list", "table", "inet", "shoestring"]).catch(
          () => undefined,
        );
        if (listed !== undefined && isIntact(Listing.parse(parseJson(listed)), active))
          return false;
        log("gate.broken", { table: listed === undefined ? "gone" : "changed" });
        await install();
        log("gate.repaired", { fronts: active.size });
        return true;
      }),
  };
}

/** Whether a table has both rules and the routes that it should have. */
export function isIntact(
  listing: z.infer<typeof Listing>,
  active: ReadonlyMap<number, number>,
): boolean {
  const of = (kind: string) => listing.nftables.flatMap((item) => (item[kind] ? [item[kind]] : []));
  const Pair = z.tuple([z.number(), z.number()]);
  const Map_ = z.object({ name: z.literal("active"), elem: z.array(Pair).default([]) });
  const map = of("map")
    .map((m) => Map_.safeParse(m))
    .find((m) => m.success)?.data;
  const pairs = map?.elem ?? [];
  return (
    of("rule").length === 2 &&
    of("chain").length === 2 &&
    map !== undefined &&
    pairs.length === active.size &&
    pairs.every(([front, worker]) => active.get(front) === worker)
  );
}
