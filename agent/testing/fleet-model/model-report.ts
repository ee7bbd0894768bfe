import type { InstanceRollout } from "../../../protocol/documents.ts";
import type { ModelContext } from "./model-context.ts";
import type { ModelInstance } from "./model-instance.ts";

/** An agent's report of its roll, as it was last written. */
export class ModelReport {
  readonly #context: ModelContext;
  readonly #instance: ModelInstance;
  #written: InstanceRollout | undefined;

  constructor(context: ModelContext, instance: ModelInstance) {
    this.#context = context;
    this.#instance = instance;
  }

  /** Writes the first report of the instance's deploy. */
  begin(): void {
    const { name, serving, lateJoiner } = this.#instance;
    const { revision, release } = this.#instance.rollsTo;
    const stamp = this.#context.clock.stamp();
    const processes = serving.map((id, i) => [
      i + 1,
      { release: id ?? release.id, phase: "serving" as const, since: stamp },
    ]);
    this.#write({
      schema: 2,
      instance: name,
      service: "web",
      revision,
      phase: "waiting",
      seenAt: stamp,
      processes: Object.fromEntries(processes),
      connectionsCut: 0,
      ...(lateJoiner === undefined ? {} : { lateJoiner: true }),
    });
  }

  wait(): void {
    if (this.#written?.phase !== "waiting") this.end("waiting");
  }

  roll(): void {
    const startedAt = this.#written?.startedAt ?? this.#context.clock.stamp();
    this.#write({ ...this.#current, phase: "rolling", startedAt });
  }

  /** A process serves the deploy's release. @param process from 0. */
  serve(process: number): void {
    const { processes } = this.#current;
    const { id } = this.#instance.rollsTo.release;
    const since = this.#context.clock.stamp();
    const served = { release: id, phase: "serving" as const, since };
    this.#write({ ...this.#current, processes: { ...processes, [process + 1]: served } });
  }

  end(phase: InstanceRollout["phase"]): void {
    this.#write({ ...this.#current, phase });
  }

  /** In one transaction with the rollout's document: a conclusion without it is refused. */
  fail(): void {
    const { by, consul } = this.#context;
    this.end("failed");
    if (by.countsFailures) consul.touchRollout(this.#instance.rollsTo.revision);
  }

  /** Reads it again, for an agent that began after it was written. @returns whether it is there. */
  recall({ revision }: { readonly revision: number }): boolean {
    const { consul } = this.#context;
    this.#written ??= consul.reports(revision).get(this.#instance.name)?.report;
    return this.#written?.revision === revision;
  }

  get #current(): InstanceRollout {
    return this.#written as InstanceRollout;
  }

  #write(report: InstanceRollout): void {
    this.#written = report;
    this.#context.consul.writeReport(report);
  }
}
