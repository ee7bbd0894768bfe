import { CloudfrontCachePolicy } from "@cdktf/provider-aws/lib/cloudfront-cache-policy/index.js";
import type { Construct } from "constructs";

const day = 86_400;
const year = 365 * day;

/** Headers that every copy is stored under, beside the path and the query. */
type KeyHeaders = readonly string[];

/**
 * For answers of a service. It stores what the service's `Cache-Control` allows and nothing else, for
 * each cookie and each user apart. Without `Authorization` in the key, a public answer to one user
 * could reach another.
 */
export function pagesPolicy(scope: Construct, name: string): CloudfrontCachePolicy {
  const headers = [
    "Authorization",
    "Host",
    "Origin",
    "X-HTTP-Method",
    "X-HTTP-Method-Override",
    "X-Method-Override",
  ];
  return policy(scope, "pages", { name, defaultTtl: 0, cookies: "all", headers });
}

/** For files: stored for a day where they do not say, one copy for everybody. */
export function assetsPolicy(
  scope: Construct,
  name: string,
  headers: KeyHeaders,
): CloudfrontCachePolicy {
  return policy(scope, "assets", { name, defaultTtl: day, cookies: "none", headers });
}

interface PolicyProps {
  readonly name: string;
  /** Seconds that an answer is stored that does not say how long. */
  readonly defaultTtl: number;
  readonly cookies: "all" | "none";
  readonly headers: KeyHeaders;
}

function policy(scope: Construct, id: string, props: PolicyProps): CloudfrontCachePolicy {
  const { name, defaultTtl, cookies, headers } = props;
  return new CloudfrontCachePolicy(scope, id, {
    name,
    minTtl: 0,
    defaultTtl,
    maxTtl: year,
    parametersInCacheKeyAndForwardedToOrigin: {
      enableAcceptEncodingBrotli: true,
      enableAcceptEncodingGzip: true,
      cookiesConfig: { cookieBehavior: cookies },
      headersConfig:
        headers.length > 0
          ? { headerBehavior: "whitelist", headers: { items: [...headers] } }
          : { headerBehavior: "none" },
      queryStringsConfig: { queryStringBehavior: "all" },
    },
  });
}
