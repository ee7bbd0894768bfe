/** Variables that the cluster's file and `config set` both take. */
export const goodVariables: readonly (readonly [name: string, value: string])[] = [
  ["LOG_LEVEL", "info"],
  ["http_proxy", "http://proxy.internal:3128"],
  ["no_proxy", "localhost,.internal"],
  ["npm_config_cache", "/tmp/npm"],
  ["nodeEnv", "production"],
  ["_A1", ""],
  ["PORTS", "1"],
  ["port", "1"],
  ["PATH", "vendor/bin:/usr/bin:/bin"],
  ["GREETING", 'two\nlines, a "quote", a $, a `, a \\, äöü'],
  ["DB_PASSWORD", "ssm:/shoestring/staging/web/db-password"],
  ["DB_PASSWORD", "secretsmanager:staging/web/database"],
  ["db_password", "secretsmanager:staging/web/database#password"],
];

/** Variables that both refuse, and a part of the reason that both give. */
export const badVariables: readonly (readonly [name: string, value: string, why: string])[] = [
  ["log-level", "info", "letters, digits and underscores"],
  ["1ST", "info", "letters, digits and underscores"],
  ["", "info", "letters, digits and underscores"],
  ["ÄNDERUNG", "info", "letters, digits and underscores"],
  ["PORT", "8080", "the agent sets it"],
  ["SHOESTRING_RELEASE", "web-1", "the agent sets it"],
  ["SHOESTRING_ANYTHING", "1", "the agent sets it"],
  ["READY_FILE", "/tmp/ready", "the agent sets it"],
  ["NOTIFY_SOCKET", "/run/other", "systemd sets it"],
  ["OPTIND", "x", "the shell that starts a process sets it"],
  ["PWD", "/srv", "the shell that starts a process sets it"],
  ["A", "a\0hunter2", "NUL"],
  ["A", "hunter2\u0007", "control character"],
  ["A", "ssm:", "not a whole one"],
  ["A", "ssm:hunter2", "not a whole one"],
  ["A", "secretsmanager:staging/web/hunter2#", "not a whole one"],
  ["A", "secretsmanager:a#b#hunter2", "not a whole one"],
];
