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
    catalog: {
      instances: { min: 2, max: 4 },
      hosts: ["catalog.local"],
      before: ["python3", "manage.py", "migrate", "--noinput"],
      command: ["python3", "-m", "gunicorn", "catalog.wsgi"],
      ping: "/healthz",
      static: { "/static": { folder: "public/static", hashed: true } },
      cron: {
        // Often, to be seen here; once a day is enough.
        sessions: { command: ["python3", "manage.py", "clearsessions"], at: "*:*:0/20" },
      },
      processes: 2, // each with two workers of gunicorn, of four threads
      shutdownTimeoutSeconds: 25, // the longest request; gunicorn.conf.py has the same
      bakeSeconds: 0,
      watchSeconds: 1,
      config: {
        PYTHONPATH: "vendor",
        DJANGO_ALLOWED_HOSTS: "catalog.local",
        DJANGO_SECRET_KEY: "secretsmanager:local/catalog/django#secret_key",
        PGHOST: "secretsmanager:local/catalog/database#host",
        PGDATABASE: "secretsmanager:local/catalog/database#dbname",
        PGUSER: "secretsmanager:local/catalog/database#username",
        PGPASSWORD: "secretsmanager:local/catalog/database#password",
      },
    },
  },
} as const satisfies Cluster;
