/** Names that other tools have for a field. */
const otherTools: Readonly<Record<string, string>> = {
  ...{ env: "config", environment: "config", ulimits: "limits", schedule: "at" },
  ...{ healthcheck: "ping", health_check: "ping", migrate: "before", release_command: "before" },
};

/** The most fields that an error lists. */
const shortList = 6;

/**
 * What to do about a field that its level does not have, in words.
 *
 * @param places every field that there is, like "services.<name>.cron".
 */
export function insteadOf(
  field: string,
  known: readonly string[],
  places: readonly string[],
): string {
  const place = placeOf(field, places);
  if (place !== undefined) return `left out here: its place is the cluster's ${place}`;
  const closest = closestTo(field.split(".").at(-1) as string, known);
  if (closest !== undefined) return `left out, or called ${closest}`;
  return known.length <= shortList
    ? `left out; the fields here are ${known.join(", ")}`
    : "left out; modules/spec/cluster.ts has the fields";
}

/** Where a field of that name belongs, as near as there is one; never in an entry of another map. */
function placeOf(field: string, places: readonly string[]): string | undefined {
  const level = field.split(".");
  const name = level.pop();
  const [nearest] = places
    .map((place) => ({ place, steps: place.split(".") }))
    .filter(({ steps }) => steps.at(-1) === name)
    .map((it) => ({ ...it, common: inCommon(it.steps, level) }))
    .filter(({ steps, common }) => common === level.length || !steps.includes("<name>", common))
    .toSorted((a, b) => b.common - a.common || a.steps.length - b.steps.length);
  return nearest?.place;
}

/** How many steps two paths have in common; the first may have `<name>` for any name. */
function inCommon(steps: readonly string[], level: readonly string[]): number {
  const differs = level.findIndex((it, i) => steps[i] !== "<name>" && steps[i] !== it);
  return differs === -1 ? level.length : differs;
}

/** The known name that a wrong one is probably meant for. */
function closestTo(name: string, known: readonly string[]): string | undefined {
  const synonym = otherTools[name];
  if (synonym !== undefined && known.includes(synonym)) return synonym;
  const isClose = (it: string) => {
    const changes = distance(name, it);
    const isBeginning = name.length > 3 && it.toLowerCase().startsWith(name.toLowerCase());
    return isBeginning || (changes < name.length && changes <= Math.max(2, it.length / 3));
  };
  return known.filter(isClose).toSorted((a, b) => distance(name, a) - distance(name, b))[0];
}

/** How many characters have to be changed, added or left out to make one word of the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (const [i, character] of [...one].entries()) {
    const next = [i + 1];
    for (const [j, its] of [...other].entries()) {
      const changed = (row[j] as number) + (character === its ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
}
