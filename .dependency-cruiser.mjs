/**
 * Which way imports go (`make lint`). Each list is a building from the ground up: a floor imports what is
 * below it, never what is above or beside it. Names on one line share a floor. `*` are the files that lie in
 * the folder itself. Tests and their doubles may look anywhere.
 */
export const floors = {
  ".": [
    "lib",
    "protocol terraform tools",
    "slack trace",
    "agent functions cli board modules",
    "clusters examples",
    "synth",
    "local provisioning",
    "ci bench bin",
  ],
  agent: [
    "core",
    "linux",
    "health trace",
    "release roll",
    "aws singleton",
    "rollout",
    "slack",
    "deploy instance cron",
    "*",
  ],
  cli: ["releases trace", "core", "deploys", "commands", "*"],
  modules: [
    "shared",
    "spec iam",
    "network private-bucket database consul-config",
    "load-balancer artifacts cdn consul",
    "account service fargate-service",
    "cluster",
    "*",
  ],
  local: [
    "host web",
    "image simulated-provider lambda-emulator",
    "terraform instance load-balancer",
    "region",
    "load",
    "demo chaos dev",
    "*",
  ],
  ci: [
    "github cost referee stacks workflows repository images",
    "review rights locks deploy-service sync-workflows cdktn-compat module-readmes",
    "field-changes",
    "*",
  ],
  provisioning: ["core aws", "bootstrap cluster preflight", "*"],
  "ci/review": ["plan", "comment", "apply drift", "commands", "*"],
};

const product = "^(lib|protocol|slack|trace|agent|functions|cli|board)/";
/** Tests and doubles; and the name that npx may have linked before the program moved to bin/. */
const tests = "(\\.test\\.ts$|/testing/|^cli/bin\\.mjs$)";

/** A path of a name in a folder, as a pattern. */
function pathOf(folder, name) {
  const prefix = folder === "." ? "" : `${folder}/`;
  return name === "*" ? `^${prefix}[^/]+$` : `^${prefix}${name}/`;
}

const importRules = Object.entries(floors).flatMap(([folder, building]) =>
  building.flatMap((floor, height) => {
    const notBelow = building.slice(height).flatMap((names) => names.split(" "));
    return floor.split(" ").flatMap((name) => {
      const others = notBelow.filter((other) => other !== name);
      return others.length === 0 ? [] : [importRule(folder, name, others)];
    });
  }),
);

function importRule(folder, name, others) {
  return {
    name: `${folder === "." ? "" : `${folder}/`}${name}`,
    comment: "imports go down: the floors are in .dependency-cruiser.mjs",
    severity: "error",
    from: { path: pathOf(folder, name), pathNot: tests },
    to: { path: others.map((other) => pathOf(folder, other)) },
  };
}

export default {
  forbidden: [
    ...importRules,
    {
      name: "circle",
      comment: "files that import each other cannot be read one after the other",
      severity: "error",
      from: { pathNot: tests },
      to: { circular: true },
    },
    {
      name: "product-without-cdktf",
      comment: "what runs knows nothing of how the infrastructure is written",
      severity: "error",
      from: { path: product, pathNot: tests },
      to: { path: "node_modules/(cdktf|constructs|@cdktf)/" },
    },
    {
      name: "product-without-doubles",
      comment: "what runs imports no test and no double, and nothing through one",
      severity: "error",
      from: { path: `${product}|^(modules|clusters|synth|terraform|tools)/`, pathNot: tests },
      to: { path: "(/testing/|\\.test\\.ts$)" },
    },
    {
      name: "cluster-is-data",
      comment: "a cluster's file imports only the type of a cluster",
      severity: "error",
      from: { path: "^(clusters|examples)/", pathNot: tests },
      to: { pathNot: "^modules/spec/cluster\\.ts$" },
    },
    {
      name: "provider-by-resource",
      comment: "a whole provider takes 5 times as long and 6 times the memory (bench/synth)",
      severity: "error",
      from: { pathNot: [tests, "^bench/synth/barrel\\.ts$"] },
      to: { path: "node_modules/@cdktf/provider-[^/]+/lib/index" },
    },
    {
      name: "unresolved",
      comment: "an import names a file or a package that is there",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(cdktf\\.out|dist|out|\\.local[^/]*|examples/[^/]+/release)/" },
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".mts", ".mjs", ".js", ".json"],
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
