import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The data that GitHub has of one repository, for a test to read and to seed. */
export interface DoubledRepository {
  /** Issues and pull requests share their numbers, as on GitHub. */
  readonly issues: Map<number, DoubledIssue>;
  readonly pulls: Map<number, DoubledPull>;
  readonly comments: Map<number, DoubledComment>;
  readonly runs: DoubledRun[];
  /** Artifacts of a run, by its id. */
  readonly artifacts: Map<number, DoubledArtifact[]>;
}

export interface DoubledIssue {
  number: number;
  title: string;
  body: string;
  state: "open" | "closed";
  state_reason?: string;
  labels: { name: string }[];
  /** Present on a pull request, as on GitHub. */
  pull_request?: { url: string };
}

export interface DoubledPull {
  number: number;
  title: string;
  body: string;
  state: "open" | "closed";
  merged_at: string | null;
  merge_commit_sha: string | null;
  head: { ref: string; sha: string; label: string };
  base: { ref: string };
  labels: { name: string }[];
  html_url: string;
}

export interface DoubledComment {
  id: number;
  issue: number;
  body: string;
  user: { login: string; type: "User" | "Bot" };
}

export interface DoubledRun {
  id: number;
  /** The workflow's file, like `.github/workflows/plan.yml`. */
  path: string;
  event: string;
  status: string;
  conclusion: string | null;
  head_branch: string;
  head_sha: string;
  /** The repository of the commit: a fork's run has another one. */
  head_repository: { full_name: string };
  run_number: number;
  html_url: string;
}

export interface DoubledArtifact {
  id: number;
  name: string;
  expired: boolean;
}

/** A request as it came; the body is parsed. */
export interface DoubledRequest {
  readonly method: string;
  /** Path and query, like `/repos/acme/infra/issues/1/comments?per_page=100`. */
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: a body of whatever form, for a test to look into
  readonly body: any;
}

export interface GitHubDouble {
  /** The address of the API for a client. */
  readonly url: string;
  /** The only valid token. */
  readonly token: string;
  readonly requests: readonly DoubledRequest[];
  /** Made on first use; `owner/name`. */
  repository(fullName: string): DoubledRepository;
  /** Answers the next request with a matching method and path with this status, once. */
  failNext(method: string, path: RegExp, status: number): void;
  stop(): Promise<void>;
}

/** GitHub's own bound on the body of a comment, an issue or a pull request, in characters. */
export const longestBody = 65_536;

/**
 * Simulates GitHub's API on loopback. It is strict: it refuses invalid requests as GitHub does, and
 * answers an unknown path with a 404 that names it.
 */
export async function startGitHubDouble(): Promise<GitHubDouble> {
  const token = "ghs_double";
  const requests: DoubledRequest[] = [];
  const repositories = new Map<string, DoubledRepository>();
  const failures: { method: string; path: RegExp; status: number }[] = [];

  const repository = (fullName: string) => {
    const known = repositories.get(fullName) ?? emptyRepository();
    repositories.set(fullName, known);
    return known;
  };

  const server = createServer(async (incoming, response) => {
    const { method = "", url: path = "" } = incoming;
    const text = await textOf(incoming);
    const body = text === "" ? undefined : JSON.parse(text);
    requests.push({ method, path, body });
    const failure = failures.findIndex((it) => it.method === method && it.path.test(path));
    const answer =
      failure >= 0
        ? refused(failures.splice(failure, 1)[0]?.status ?? 500, "planted by the test")
        : (faultOf(incoming, body, token) ?? routed(repository, method, path, body));
    send(response, incoming, answer);
  });
  // A test that is busy for seconds must not find its connection closed.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    requests,
    repository,
    failNext: (method, path, status) => void failures.push({ method, path, status }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Whether `body` is a list that is handed out page by page. */
  readonly isPaged?: boolean;
  /** The field that holds the list, where the list is not the whole body. */
  readonly listIn?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: a body of whatever form
type Body = any;
type Query = URLSearchParams;
type Handler = (
  it: { repository: DoubledRepository; query: Query; body: Body },
  ...groups: string[]
) => Answer;

const ok = (body: unknown): Answer => ({ status: 200, body });
const created = (body: unknown): Answer => ({ status: 201, body });
const paged = (body: unknown[]): Answer => ({ status: 200, body, isPaged: true });
const pagedIn = (listIn: string, list: unknown[]): Answer => ({ ...paged(list), listIn });
const refused = (status: number, message: string): Answer => ({
  status,
  body: { message, documentation_url: "https://docs.github.com/rest", status: String(status) },
});
const notFound = refused(404, "Not Found");
const found = (it: unknown) => (it === undefined ? notFound : ok(it));

/** Method and path below `/repos/<owner>/<name>`; the handler gets its groups. */
const routes: readonly (readonly [string, RegExp, Handler])[] = [
  [
    "GET",
    /^\/issues\/(\d+)\/comments$/,
    ({ repository }, number = "") =>
      paged([...repository.comments.values()].filter((it) => it.issue === Number(number))),
  ],
  [
    "POST",
    /^\/issues\/(\d+)\/comments$/,
    ({ repository, body }, number = "") => {
      const issue = Number(number);
      if (!repository.issues.has(issue) && !repository.pulls.has(issue)) return notFound;
      const id = nextId(repository.comments.keys());
      const comment: DoubledComment = { id, issue, body: body.body, user: bot };
      repository.comments.set(id, comment);
      return created(comment);
    },
  ],
  [
    "PATCH",
    /^\/issues\/comments\/(\d+)$/,
    ({ repository, body }, id = "") => {
      const comment = repository.comments.get(Number(id));
      if (comment) comment.body = body.body;
      return found(comment);
    },
  ],
  [
    "GET",
    /^\/issues$/,
    ({ repository, query }) => {
      const state = query.get("state") ?? "open";
      const labels = query.get("labels")?.split(",") ?? [];
      return paged(
        [...repository.issues.values()].filter(
          (it) =>
            (state === "all" || it.state === state) &&
            labels.every((label) => it.labels.some(({ name }) => name === label)),
        ),
      );
    },
  ],
  [
    "POST",
    /^\/issues$/,
    ({ repository, body }) => {
      const number = nextId([...repository.issues.keys(), ...repository.pulls.keys()]);
      const { title, body: text = "", labels = [] } = body;
      const issue: DoubledIssue = {
        number,
        title,
        body: text,
        state: "open",
        labels: labels.map((name: string) => ({ name })),
      };
      repository.issues.set(number, issue);
      return created(issue);
    },
  ],
  [
    "PATCH",
    /^\/issues\/(\d+)$/,
    ({ repository, body }, number = "") => {
      const issue = repository.issues.get(Number(number));
      if (issue) Object.assign(issue, body);
      return found(issue);
    },
  ],
  [
    "GET",
    /^\/commits\/([0-9a-f]+)\/pulls$/,
    ({ repository }, sha) =>
      paged([...repository.pulls.values()].filter((it) => it.merge_commit_sha === sha)),
  ],
  ["GET", /^\/pulls\/(\d+)$/, ({ repository }, n = "") => found(repository.pulls.get(Number(n)))],
  [
    "GET",
    /^\/pulls$/,
    ({ repository, query }) => {
      const state = query.get("state") ?? "open";
      const [head, base] = [query.get("head"), query.get("base")];
      return paged(
        [...repository.pulls.values()].filter(
          (it) =>
            (state === "all" || it.state === state) &&
            (head === null || it.head.label === head) &&
            (base === null || it.base.ref === base),
        ),
      );
    },
  ],
  [
    "POST",
    /^\/pulls$/,
    ({ repository, body }, owner = "", name = "") => {
      const missing = ["title", "head", "base"].filter((it) => typeof body?.[it] !== "string");
      if (missing.length > 0) return refused(422, `Validation Failed: ${missing.join(", ")}`);
      const label = body.head.includes(":") ? body.head : `${owner}:${body.head}`;
      const open = [...repository.pulls.values()].filter(({ state }) => state === "open");
      if (open.some((it) => it.head.label === label && it.base.ref === body.base)) {
        return refused(422, `A pull request already exists for ${label}.`);
      }
      const number = nextId([...repository.issues.keys(), ...repository.pulls.keys()]);
      const pull: DoubledPull = {
        number,
        title: body.title,
        body: body.body ?? "",
        state: "open",
        merged_at: null,
        merge_commit_sha: null,
        head: { ref: label.slice(label.indexOf(":") + 1), sha: "0".repeat(40), label },
        base: { ref: body.base },
        labels: [],
        html_url: `https://github.com/${owner}/${name}/pull/${number}`,
      };
      repository.pulls.set(number, pull);
      return created(pull);
    },
  ],
  [
    "PATCH",
    /^\/pulls\/(\d+)$/,
    ({ repository, body }, number = "") => {
      const pull = repository.pulls.get(Number(number));
      const { base, ...rest } = body;
      if (pull) Object.assign(pull, rest, base === undefined ? {} : { base: { ref: base } });
      return found(pull);
    },
  ],
  [
    "GET",
    /^\/actions\/workflows\/([\w.-]+)\/runs$/,
    ({ repository, query }, file) => {
      const fits = (name: "event" | "head_sha") => (it: DoubledRun) =>
        query.get(name) === null || it[name] === query.get(name);
      return pagedIn(
        "workflow_runs",
        repository.runs
          .filter((it) => it.path === `.github/workflows/${file}`)
          .filter(fits("event"))
          .filter(fits("head_sha"))
          .sort((a, b) => b.run_number - a.run_number),
      );
    },
  ],
  [
    "GET",
    /^\/actions\/runs\/(\d+)$/,
    ({ repository }, id = "") => found(repository.runs.find((it) => it.id === Number(id))),
  ],
  [
    "GET",
    /^\/actions\/runs\/(\d+)\/artifacts$/,
    ({ repository }, id = "") => pagedIn("artifacts", repository.artifacts.get(Number(id)) ?? []),
  ],
];

function routed(
  repository: (fullName: string) => DoubledRepository,
  method: string,
  path: string,
  body: Body,
): Answer {
  const url = new URL(path, "http://double");
  const [, owner = "", name = "", rest = ""] =
    /^\/repos\/([^/]+)\/([^/]+)(\/.*)$/.exec(url.pathname) ?? [];
  for (const [wanted, pattern, handler] of routes) {
    const match = wanted === method ? pattern.exec(rest) : null;
    if (!match) continue;
    const groups = match.length > 1 ? match.slice(1) : [owner, name];
    const it = { repository: repository(`${owner}/${name}`), query: url.searchParams, body };
    return handler(it, ...groups);
  }
  return refused(404, `the double does not know ${method} ${path}`);
}

/** The checks that GitHub makes before it looks at the path. */
function faultOf(incoming: IncomingMessage, body: Body, token: string): Answer | undefined {
  const { authorization, accept = "", "user-agent": agent } = incoming.headers;
  if (!agent) return refused(403, "Request forbidden by administrative rules: no User-Agent");
  if (authorization !== `token ${token}` && authorization !== `Bearer ${token}`) {
    return refused(401, "Bad credentials");
  }
  if (!accept.includes("application/vnd.github")) return refused(415, `Accept is ${accept}`);
  if (typeof body?.body === "string" && body.body.length > longestBody) {
    return refused(422, `Validation Failed: body is too long (maximum is ${longestBody})`);
  }
  const takesBody = incoming.method === "POST" || incoming.method === "PATCH";
  if (takesBody && /\/comments/.test(incoming.url ?? "") && !body?.body) {
    return refused(422, "Validation Failed: body can't be blank");
  }
  return undefined;
}

/** Lists are handed out page by page, with GitHub's `Link` to the next one. */
function send(response: ServerResponse, incoming: IncomingMessage, answer: Answer): void {
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" };
  let body = answer.body;
  if (answer.isPaged) {
    const url = new URL(incoming.url ?? "", `http://${incoming.headers.host}`);
    const size = Math.min(Number(url.searchParams.get("per_page") ?? 30), 100);
    const page = Number(url.searchParams.get("page") ?? 1);
    const all = answer.body as unknown[];
    const list = all.slice((page - 1) * size, page * size);
    if (page * size < all.length) {
      url.searchParams.set("page", String(page + 1));
      headers.link = `<${url.href}>; rel="next"`;
    }
    body = answer.listIn ? { total_count: all.length, [answer.listIn]: list } : list;
  }
  response.writeHead(answer.status, headers).end(JSON.stringify(body));
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

const bot = { login: "github-actions[bot]", type: "Bot" } as const;

const nextId = (taken: Iterable<number>) => Math.max(0, ...taken) + 1;

const emptyRepository = (): DoubledRepository => ({
  issues: new Map(),
  pulls: new Map(),
  comments: new Map(),
  runs: [],
  artifacts: new Map(),
});
