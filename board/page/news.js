/** Announcements for screen readers. Pure. */

/** @typedef {import("../state.ts").BoardState} BoardState */
/** @typedef {import("../state.ts").ServiceState} ServiceState */

/**
 * Sentences for changes. Phases of single processes are left out: there are too many.
 *
 * @param {BoardState | undefined} before
 * @param {BoardState} after
 * @returns {string[]}
 */
export function news(before, after) {
  if (!before?.services) return [];
  const known = new Map(before.services.map((service) => [service.service, service]));
  return [
    ...(after.trouble && !before.trouble ? ["Consul gives no answer; what is shown is old."] : []),
    ...(before.trouble && !after.trouble ? ["Consul answers again."] : []),
    ...(after.services ?? []).flatMap((service) =>
      serviceNews(known.get(service.service), service),
    ),
  ];
}

/**
 * @param {ServiceState | undefined} before
 * @param {ServiceState} after
 */
function serviceNews(before, after) {
  const { service, deploy, phase, hold, pause } = after;
  const isSame = before?.phase === phase && before.deploy?.revision === deploy?.revision;
  return [
    ...(deploy && !isSame ? [`${service}: ${deploy.release} is ${phase}.`] : []),
    ...(hold && !before?.hold ? [`${service} is held by ${hold.by}: ${hold.reason}`] : []),
    ...(before?.hold && !hold ? [`${service} is no longer held.`] : []),
    ...(pause && !before?.pause ? [`${service} is paused by ${pause.by}: ${pause.reason}`] : []),
    ...(before?.pause && !pause ? [`${service} goes on.`] : []),
    ...drainNews(before, after),
  ];
}

/**
 * @param {ServiceState | undefined} before
 * @param {ServiceState} after
 */
function drainNews(before, after) {
  const drained = new Set(
    (before?.instances ?? []).flatMap(({ instance, drain }) => (drain ? [instance] : [])),
  );
  return after.instances.flatMap(({ instance, drain }) => {
    if (drain && !drained.has(instance)) {
      return [`${instance} is drained by ${drain.by}: ${drain.reason}`];
    }
    return !drain && drained.has(instance) ? [`${instance} is no longer drained.`] : [];
  });
}
