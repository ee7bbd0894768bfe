import type { Cluster } from "../../modules/spec/cluster.ts";

export const local = {
  name: "local",
  account: "000000000000",
  region: "eu-central-1",
  cidr: "10.0.0.0/16",
  nat: "none",
  deletionProtection: false,
  consul: { servers: 1 },
  services: {
    store: {
      instances: { min: 1, max: 2 }, // three processes of Rails; the local region shares this machine's processors
      hosts: ["store.local"],
      before: ["bin/migrate"],
      processes: {
        web: { count: 2, command: ["bin/web"], ping: "/up", shutdownTimeoutSeconds: 25 },
        worker: {
          count: 1,
          command: ["bin/worker"],
          ready: "notify",
          shutdownTimeoutSeconds: 40, // longer than sidekiq's own timeout
        },
      },
      static: { "/assets": { folder: "public/assets", hashed: true } },
      // Often, to be seen here.
      cron: { report: { command: ["bin/report"], at: "minutely" } },
      startTimeoutSeconds: 300, // Rails boots for 5 s alone, for minutes where busy machines share processors
      bakeSeconds: 0,
      watchSeconds: 1,
      config: {
        RAILS_ENV: "production",
        STORE_HOSTS: "store.local",
        SECRET_KEY_BASE: "secretsmanager:local/store/rails#secret_key_base",
        REDIS_URL: "secretsmanager:local/store/redis#url",
        PGHOST: "secretsmanager:local/store/database#host",
        PGDATABASE: "secretsmanager:local/store/database#dbname",
        PGUSER: "secretsmanager:local/store/database#username",
        PGPASSWORD: "secretsmanager:local/store/database#password",
      },
    },
  },
} as const satisfies Cluster;
