import { getter, type Site, whyNot } from "./get-load.ts";
import { type Attempt, type Load, startClients } from "./load.ts";

const clients = 3;

/** nginx has the files of five releases; in the end one of them is a release that failed. */
const keptStylesheets = 4;

/** What nginx says of a file whose name has a hash; no process of the examples says it. */
const fromNginx = "public, max-age=31536000, immutable";

/**
 * Looks at the home page, over and over, and asks for its stylesheet as a browser does: at once, and
 * once more for one that an earlier page had, of whichever release.
 */
export function startPageLoad(site: Site): Load {
  const known: string[] = [];
  return startClients(
    Array.from({ length: clients }, () => ["stylesheets", look(site, known)] as const),
  );
}

function look(site: Site, known: string[]): Attempt {
  const get = getter(site);
  const whyLost = async (path: string) => {
    const { status, headers } = await get(path);
    return status === 200 && headers["cache-control"] === fromNginx
      ? undefined
      : `${status} ${headers["cache-control"]}, known: ${known.indexOf(path) + 1} of ${known.length}`;
  };
  return async () => {
    try {
      const page = await get("/");
      const [, own] = /<link rel="stylesheet" href="([^"]+)">/.exec(page.body) ?? [];
      if (own === undefined) return `${page.status} without a stylesheet`;
      if (!known.includes(own)) known.push(own);
      const kept = known.slice(-keptStylesheets);
      const earlier = kept[Math.floor(Math.random() * kept.length)] as string;
      return (await whyLost(own)) ?? (await whyLost(earlier));
    } catch (error) {
      return whyNot(error as Error);
    }
  };
}
