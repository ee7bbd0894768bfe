import { expect, test } from "vitest";
import { synthesise } from "../testing/synthesise.ts";
import { Database, type DatabaseProps } from "./index.ts";

const props: DatabaseProps = {
  cluster: "staging",
  vpcId: "vpc-1",
  subnetIds: ["subnet-a", "subnet-b"],
};

const make = (differing: Partial<DatabaseProps> = {}, use = (_: Database) => {}) =>
  synthesise((stack) => use(new Database(stack, "database", { ...props, ...differing })));

test("a database survives a failed zone and an accidental destroy, and leaves backups when it is deleted", () => {
  expect(make().only("aws_db_instance")).toMatchObject({
    identifier: "staging-main",
    engine: "postgres",
    engine_version: "17",
    auto_minor_version_upgrade: true,
    instance_class: "db.t4g.medium",
    multi_az: true,
    backup_retention_period: 7,
    deletion_protection: true,
    skip_final_snapshot: false,
    delete_automated_backups: false,
    allocated_storage: 20,
    max_allocated_storage: 100,
    performance_insights_enabled: true,
  });
});

test("the final snapshot is named after the security group, so a later database of this name gets another", () => {
  const { only, resources } = make();
  const [group] = Object.keys(resources("aws_security_group"));
  expect(only("aws_db_instance").final_snapshot_identifier).toBe(
    `staging-main-final-\${aws_security_group.${group}.id}`,
  );
});

test("values from a cluster file replace all defaults", () => {
  const { only } = make({
    name: "orders",
    engineVersion: "16",
    instanceClass: "db.r8g.large",
    databaseName: "orders",
    storageGib: 400,
    maxStorageGib: 1000,
    multiAz: false,
    backupDays: 30,
    deletionProtection: false,
    maintenanceHour: "sun:22",
  });
  expect(only("aws_db_instance")).toMatchObject({
    identifier: "staging-orders",
    engine_version: "16",
    instance_class: "db.r8g.large",
    db_name: "orders",
    allocated_storage: 400,
    max_allocated_storage: 1000,
    multi_az: false,
    backup_retention_period: 30,
    deletion_protection: false,
    maintenance_window: "sun:22:00-sun:23:00",
  });
  expect(only("aws_db_parameter_group")).toMatchObject({
    name: "staging-orders-postgres16",
    family: "postgres16",
    lifecycle: { create_before_destroy: true },
  });
});

test("the server is encrypted and private, and refuses connections without TLS", () => {
  const { only } = make();
  expect(only("aws_db_instance")).toMatchObject({
    storage_encrypted: true,
    publicly_accessible: false,
  });
  expect(only("aws_db_parameter_group").parameter).toEqual([{ name: "rds.force_ssl", value: "1" }]);
});

test("the password is never in Terraform", () => {
  const server = make().only("aws_db_instance");
  expect(server.manage_master_user_password).toBe(true);
  expect(server.password).toBeUndefined();
  expect(server.password_wo).toBeUndefined();
});

test("the logs expire after a month, since their groups exist before the server", () => {
  const { only, resources } = make();
  expect(Object.values(resources("aws_cloudwatch_log_group"))).toEqual([
    expect.objectContaining({ name: "/aws/rds/instance/staging-main/postgresql" }),
    expect.objectContaining({ name: "/aws/rds/instance/staging-main/upgrade" }),
  ]);
  expect(only("aws_db_instance").depends_on).toHaveLength(2);
});

test("no group reaches the server before it is allowed, and then only on its port", () => {
  expect(make().resources("aws_vpc_security_group_ingress_rule")).toEqual({});
  const { only } = make({}, (database) => database.allowFrom("web", "sg-web"));
  expect(only("aws_vpc_security_group_ingress_rule")).toMatchObject({
    referenced_security_group_id: "sg-web",
    ip_protocol: "tcp",
    from_port: 5432,
    to_port: 5432,
  });
});

test("the server opens no connection itself", () => {
  expect(make().resources("aws_vpc_security_group_egress_rule")).toEqual({});
});

test("a role reads the master user's password, and no other secret", () => {
  const { only, dataSources, text } = make({}, (database) =>
    database.grantMasterPassword("migrations", "staging-migrations"),
  );
  expect(text).not.toMatch(/TOKEN\[/i);
  expect(only("aws_iam_role_policy").role).toBe("staging-migrations");
  const [document] = Object.values(dataSources("aws_iam_policy_document"));
  expect(document?.statement).toEqual([
    {
      actions: ["secretsmanager:GetSecretValue"],
      resources: [
        expect.stringMatching(/^\$\{aws_db_instance\..*master_user_secret\[0\]\.secret_arn\}$/),
      ],
    },
  ]);
});

test.each<[keyof DatabaseProps, unknown, string]>([
  ["cluster", "staging-", "a name without double or last dash"],
  ["name", "a--b", 'a name without double or last dash, like "main"'],
  ["subnetIds", ["subnet-a"], "the ids of two or more private subnets"],
  ["engineVersion", "17.6", 'a major version from 14, like "17"'],
  ["instanceClass", "t4g.medium", 'a class, like "db.t4g.medium"'],
  ["databaseName", "my-app", "a letter, then up to 62 letters"],
  ["storageGib", 10, "whole GiB from 20 to 65536, like 20"],
  ["maxStorageGib", 21, "whole GiB, a tenth or more above storageGib (20), up to 65536, like 100"],
  ["backupDays", 0, "whole days from 1 to 35, like 7"],
  ["maintenanceHour", "3 am", "a day and an hour in UTC"],
  ["maintenanceHour", "tue:01", "a day and an hour in UTC from 00 to 22 but 01"],
])("%s may not be %j", (prop, value, good) => {
  expect(() => make({ [prop]: value })).toThrow(
    `${prop} is ${JSON.stringify(value)}; good: ${good}`,
  );
});
