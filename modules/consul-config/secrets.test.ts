import { expect, test } from "vitest";
import { looksSecret } from "./secrets.ts";

const random = "q7Rk2mVx9Lp4Zt8Wd3Hs6Bn1";
const hex = "9f86d081884c7d659a2feaa0c55ad015";

test.each([
  ["DB_PASSWORD", "hunter2"],
  ["PASSWORD", "x"],
  ["PGPASSWORD", "geheim123"],
  ["MYSQL_ROOTPASSWORD", "geheim123"],
  ["LDAPPASSWD", "geheim123"],
  ["MYSQL_PWD", "geheim123"],
  ["sslpassphrase", "geheim123"],
  ["SECRET_KEY_BASE", "geheim123"],
  ["db_password", "hunter2"],
  ["STRIPE_API_KEY", "test"],
  ["SESSION_KEY", "abc"],
  ["GITHUB_TOKEN", "abc"],
  ["DATABASE_URL", "postgres://app:hunter2@db.staging.internal/app"],
  ["REDIS", "redis://:hunter2@cache:6379"],
  ["KEY", "-----BEGIN PRIVATE KEY-----\nMII"],
  ["AWS_ID", `AKIA${"IOSFODNN7EXAMPLE"}`],
  ["SLACK", `xoxb-${random}`],
  ["ID", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x"],
  ["SALT", random],
  ["SALT", hex],
  ["HEADERS", `x-one: two, x-three: ${random}`],
])("%s=%s looks like a secret", (name, value) => {
  expect(looksSecret(name, value)).toBe(true);
});

test.each([
  ["DB_PASSWORD", "ssm:/shoestring/staging/web/db-password"],
  ["DB_PASSWORD", "secretsmanager:rds!db-1"],
  ["db_password", "secretsmanager:staging/web/database#password"],
  ["DB_PASSWORD", ""],
  ["PASSWORD_MIN_LENGTH", "12"],
  ["PASSWORD_RESET_URL", "https://www.example.org/reset"],
  ["PGPASSFILE", "/srv/pgpass"],
  ["ALLOW_EMPTY_PASSWORD", "yes"],
  ["DB_SECRET_ARN", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:staging/web/database"],
  ["VERIFY_TOKEN", "true"],
  ["MAX_TOKEN", "4096"],
  ["TOKEN_URL", "https://login.example.org/oauth/token"],
  ["LOG_LEVEL", "info"],
  ["DATABASE_URL", "postgres://app@db.c9akciq32rgb.eu-central-1.rds.amazonaws.com:5432/app"],
  ["QUEUE", "https://sqs.eu-central-1.amazonaws.com/123456789012/staging-jobs-v2"],
  ["TOPIC", "arn:aws:sns:eu-central-1:123456789012:staging-alarms"],
  ["TENANT", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
  ["SUBNET", "subnet-0bb1c79de3a4f5e6d"],
  ["NODE_OPTIONS", "--max-old-space-size=512 --enable-source-maps"],
  ["CLASS", "AbstractSingletonProxyFactoryBean2"],
  ["FLAGS", "newCheckout,darkMode,betaSearch2024,fastLogin"],
])("%s=%s does not look like a secret", (name, value) => {
  expect(looksSecret(name, value)).toBe(false);
});
