// Runs in the image: for each case, whether nginx accepts its sites, and which service answers each
// request. A process answers on each front port with the name of its service and what it got.
const { execFileSync, spawnSync } = require("node:child_process");
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { connect } = require("node:net");

const sites = "/etc/nginx/conf.d";
mkdirSync("/run/shoestring", { recursive: true });

const answerOf = (request) =>
  new Promise((resolve) => {
    const socket = connect(80, "127.0.0.1");
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => (answer += chunk));
    socket.on("error", () => resolve("no answer"));
    socket.on("close", () => {
      const service = /^shoestring-service: (.*)\r$/im.exec(answer)?.[1];
      resolve(service ?? answer.slice(9, 12));
    });
    socket.write(request);
  });

async function runCase({ files, fronts, requests }) {
  rmSync(sites, { recursive: true });
  mkdirSync(sites);
  for (const [name, text] of Object.entries(files)) writeFileSync(`${sites}/${name}`, text);
  const { stderr } = spawnSync("nginx", ["-t", "-q"], { encoding: "utf8" });
  if (stderr !== "" || requests.length === 0) return { refusal: stderr, answers: [] };
  const processes = Object.entries(fronts).map(([port, service]) =>
    createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
      const length = Number(/[?]answer=(\d+)/.exec(request.url)?.[1] ?? 0);
      response.setHeader("shoestring-service", `${service} ${request.url}`.slice(0, 200));
      if (length > 0) response.setHeader("x-long", "x".repeat(length));
      request.resume().on("end", () => response.end());
    }).listen(Number(port), "127.0.0.1"),
  );
  execFileSync("nginx");
  const answers = await Promise.all(requests.map(answerOf));
  execFileSync("nginx", ["-s", "stop"]);
  for (const process of processes) {
    process.closeAllConnections();
    await new Promise((resolve) => process.close(resolve));
  }
  return { refusal: "", answers };
}

(async () => {
  for (const each of JSON.parse(readFileSync("/cases.json", "utf8"))) {
    console.log(JSON.stringify(await runCase(each)));
  }
  process.exit(0);
})();
