import { h, patch } from "./dom.js";
import { legend } from "./legend.js";
import { news } from "./news.js";
import { serviceCard } from "./service.js";
import { ago, exactly } from "./times.js";

/** @typedef {import("../state.ts").BoardState} BoardState */

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @type {BoardState | undefined} */
let board;
/** Milliseconds by which the server's clock is ahead of this page's. */
let ahead = 0;
/**
 * The time when the connection to the board's server was lost.
 * @type {string | undefined}
 */
let lostAt;

const now = () => Date.now() + ahead;

const events = new EventSource("events");
events.addEventListener("open", () => {
  lostAt = undefined;
  draw();
});
// The browser reconnects by itself, as the server's "retry" asks.
events.addEventListener("error", () => {
  if (lostAt === undefined) announce(["The board itself has ended; what is shown is old."]);
  lostAt ??= new Date(now()).toISOString();
  draw();
});
events.addEventListener("message", ({ data }) => {
  const { at, board: next } = JSON.parse(data);
  ahead = Date.parse(at) - Date.now();
  const sentences = news(board, next);
  board = next;
  draw();
  announce(sentences);
});

// Updates relative times like "12 s ago".
setInterval(() => {
  if (!document.hidden) draw();
}, 1000);
document.addEventListener("visibilitychange", draw);

patch(part("legend"), legend());

/** @param {string[]} sentences */
function announce(sentences) {
  if (sentences.length > 0)
    patch(
      part("news"),
      sentences.map((text) => h("p", {}, text)),
    );
}

function draw() {
  patch(part("trouble"), trouble());
  if (!board) return;
  document.title = `${summary(board)} · ${board.cluster} · Shoestring`;
  patch(part("top"), heading(board));
  patch(part("board"), services(board));
  document.body.classList.toggle("old", lostAt !== undefined || board.trouble !== undefined);
}

/** @param {BoardState} state */
const heading = (state) => [
  h("p", { class: "mark" }, "Shoestring"),
  h("h1", {}, state.cluster),
  h("p", { class: "summary" }, summary(state)),
];

/** @param {BoardState} state */
function summary({ services }) {
  if (!services) return "waiting for Consul";
  if (services.length === 0) return "no services yet";
  const count = (/** @type {string[]} */ phases) =>
    services.filter(({ phase }) => phases.includes(phase)).length;
  const rolling = count(["announced", "canary", "rolling"]);
  const watched = count(["watching"]);
  const failed = count(["failed", "halted"]);
  const held = services.filter(({ hold }) => hold).length;
  return [
    services.length === 1 ? "1 service" : `${services.length} services`,
    ...(rolling > 0 ? [`${rolling} rolling`] : []),
    ...(watched > 0 ? [`${watched} watched`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(held > 0 ? [`${held} held`] : []),
  ].join(", ");
}

/** @param {BoardState} state */
function services({ services, cluster }) {
  if (!services) return h("p", { class: "quiet" }, "Nothing was read yet.");
  if (services.length === 0) return empty(cluster);
  return services.map((service) => serviceCard(service, now()));
}

/** @param {string} cluster */
const empty = (cluster) =>
  h(
    "section",
    { class: "service empty", "aria-labelledby": "empty" },
    h("h2", { id: "empty" }, "Nothing is deployed yet"),
    h(
      "p",
      {},
      "The first release appears here as soon as it is announced. To make one of a folder:",
    ),
    h("pre", {}, `npx shoestring release push DIR --service web --cluster ${cluster}`),
  );

function trouble() {
  if (lostAt !== undefined) {
    return h(
      "p",
      {},
      "The board itself has ended, ",
      h("time", { datetime: lostAt, title: exactly(lostAt) }, ago(lostAt, now())),
      ". What you see is from then. Start it again: ",
      h("code", {}, "npx shoestring board"),
    );
  }
  const { trouble: found } = board ?? {};
  if (!found) return undefined;
  const { since, happened } = found;
  return h(
    "p",
    {},
    since === undefined
      ? "Consul gave no answer yet: "
      : [
          "What you see is of ",
          h(
            "time",
            { datetime: since, title: exactly(since) },
            `${clockTime(since)}, ${ago(since, now())}`,
          ),
          ": ",
        ],
    happened,
    ". The page goes on by itself when there is an answer.",
  );
}

/** @param {string} time ISO 8601 */
const clockTime = (time) => new Date(time).toLocaleTimeString();
