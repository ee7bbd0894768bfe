// The demo's service, which needs only node. This file is a release; with a `behaviour.json` beside
// it, it is a bad release for tests.

const { createHash } = require("node:crypto");
const { existsSync, readFileSync } = require("node:fs");
const { createServer } = require("node:http");

const behaviour = existsSync("behaviour.json")
  ? JSON.parse(readFileSync("behaviour.json", "utf8"))
  : {};
const { PORT, SHOESTRING_RELEASE: release, BOOT_MS = "400" } = process.env;
const bootMs = behaviour.bootMs ?? Number(BOOT_MS);
/** The wait of each request, as for a database. */
const workMs = 5;

if (behaviour.exitAtStart) process.exit(behaviour.exitAtStart);
if (behaviour.crashAfterMs) setTimeout(() => process.exit(3), behaviour.crashAfterMs);

const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const later = (ms, act) => setTimeout(act, ms);

function answer(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(value)}\n`);
}

const routes = {
  "GET /": (_, response) => later(workMs, () => answer(response, 200, { release })),
  "GET /ping": (_, response) => answer(response, behaviour.pingStatus ?? 200, { release }),
  "GET /slow": (_, response, url) => {
    later(Number(url.searchParams.get("ms")), () => answer(response, 200, { release }));
  },
  // A hash, so that a test's answer contains no secret.
  "GET /config": (_, response, url) => {
    const value = process.env[url.searchParams.get("name")];
    answer(response, 200, { sha256: value === undefined ? null : sha256(value) });
  },
  "POST /echo": (request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      later(workMs, () =>
        answer(response, 200, { bytes: body.length, sha256: sha256(body), release }),
      );
    });
  },
};

let requests = 0;

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  // A service at `/api/*` of a host that is another's.
  url.pathname = url.pathname.replace(/^\/api\//, "/");
  if (url.pathname !== "/ping") requests += 1;
  if (requests === behaviour.crashAtRequest) throw new Error("one request too many");
  if (!behaviour.omitReleaseHeader) {
    response.setHeader("Shoestring-Release", behaviour.claimRelease ?? release);
  }
  if (url.pathname !== "/ping" && requests % behaviour.failEvery === 0) {
    return answer(response, 500, { release });
  }
  const route = routes[`${request.method} ${url.pathname}`];
  if (route) route(request, response, url);
  else answer(response, 404, { error: "not found" });
});

/** Long connections of the WebSocket kind: opened, answered to, and held (RFC 6455, 4.2.2). */
server.on("upgrade", (request, socket) => {
  const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(key).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on("error", () => socket.destroy());
});

/** SIGTERM is usual; a test stops it by another one. */
const stop = () => {
  if (behaviour.ignoreSigterm) return;
  if (behaviour.stopMs) {
    setTimeout(() => process.exit(0), behaviour.stopMs);
    return;
  }
  server.close(() => process.exit(0));
  server.closeIdleConnections();
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

if (!behaviour.neverAnswer) later(bootMs, () => server.listen(Number(PORT), "127.0.0.1"));
else setInterval(() => {}, 1000);
