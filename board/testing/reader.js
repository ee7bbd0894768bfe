/** Reads the page as people do. Each function runs in the browser and uses nothing else here. */

/** Lists the services with their processes, as they are shown. */
export function readServices() {
  const words = (/** @type {Element | null} */ element) => element?.textContent?.trim();
  return [...document.querySelectorAll("section.service[data-phase]")].map((section) => ({
    service: words(section.querySelector("h2")),
    phase: section.getAttribute("data-phase"),
    release: words(section.querySelector(".desired-deploy .release")),
    processes: [...section.querySelectorAll(".instance")].flatMap((row) =>
      [...row.querySelectorAll(".cell")].map((cell, i) =>
        [
          words(row.querySelector(".name")),
          i + 1,
          words(cell.querySelector(".release")),
          words(cell.querySelector(".phase")),
        ].join(" "),
      ),
    ),
  }));
}

/** Records every phase that a cell shows from now on. */
export function notePhases() {
  const seen = new Set();
  Object.assign(window, { seenPhases: seen });
  const note = () => {
    for (const cell of document.querySelectorAll(".cell .phase")) seen.add(cell.textContent);
  };
  const all = { subtree: true, childList: true, characterData: true };
  new MutationObserver(note).observe(document.body, all);
}

/** @returns {string[]} */
export const notedPhases = () => [.../** @type {any} */ (window).seenPhases];

/** Whether the page needs sideways scrolling. */
export const isTooWide = () =>
  document.documentElement.scrollWidth > document.documentElement.clientWidth;

/** @param {Element} element */
export const outlineOf = (element) => getComputedStyle(element).outlineStyle;

export const runningAnimations = () => document.getAnimations().length;

/** Hosts that the page sent requests to. */
export const hostsAsked = () =>
  performance.getEntriesByType("resource").map(({ name }) => new URL(name).host);

/** The structure that a screen reader uses. */
export function outline() {
  return {
    language: document.documentElement.lang,
    landmarks: ["header", "main", "footer"].map((tag) => document.querySelectorAll(tag).length),
    headings: [...document.querySelectorAll("h1, h2, h3")].map((one) => Number(one.tagName[1])),
    namelessSections: [...document.querySelectorAll("section")].filter((section) => {
      const id = section.getAttribute("aria-labelledby");
      return !id || !document.getElementById(id)?.textContent;
    }).length,
    tables: [...document.querySelectorAll("table")].map((table) => ({
      caption: table.caption?.textContent,
      // The rows are laid out as grids; the roles keep them a table for screen readers.
      roles: [...table.querySelectorAll("tr, th, td")].every((one) => one.hasAttribute("role")),
    })),
    unnamedPictures: [...document.querySelectorAll("svg")].filter(
      (svg) => svg.getAttribute("aria-hidden") !== "true",
    ).length,
    repeatedIds: [...document.querySelectorAll("[id]")].filter(
      (one, i, all) => all.findIndex(({ id }) => id === one.id) !== i,
    ).length,
    voice: document.getElementById("news")?.getAttribute("aria-live"),
    announcement: document.getElementById("news")?.textContent,
  };
}
