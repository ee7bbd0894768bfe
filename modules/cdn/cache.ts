import { CloudfrontCachePolicy } from "@cdktf/provider-aws/lib/cloudfront-cache-policy/index.js";
import type { Construct } from "constructs";

const day = 86_400;
const year = 365 * day;

/** Headers that are part of the cache key, besides the path and the query. */
type KeyHeaders = readonly string[];

/**
 * For responses of a service. It caches only as the service's `Cache-Control` allows, separately
 * for each cookie and user. Without `Authorization` in the key, one user's public response could
 * reach another user.
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

/** For files: cached for a day where they do not say, one copy for everybody. */
export function assetsPolicy(
  scope: Construct,
  name: string,
  headers: KeyHeaders,
): CloudfrontCachePolicy {
  return policy(scope, "assets", { name, defaultTtl: day, cookies: "none", headers });
}

interface PolicyProps {
  readonly name: string;
  /** Seconds for which a response without a lifetime is cached. */
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
