import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { DbInstance } from "@cdktf/provider-aws/lib/db-instance/index.js";
import { DbParameterGroup } from "@cdktf/provider-aws/lib/db-parameter-group/index.js";
import { DbSubnetGroup } from "@cdktf/provider-aws/lib/db-subnet-group/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Construct } from "constructs";
import { grant } from "../iam/index.ts";
import { check } from "../shared/check.ts";
import { type DatabaseProps, databaseDefaults, databaseRules } from "./props.ts";

const logRetentionDays = 30;
const exportedLogs = ["postgresql", "upgrade"];

/** A PostgreSQL server that no security group reaches before `allowFrom`. */
export class Database extends Construct {
  /** Host name to connect to. */
  readonly address: string;
  readonly port = 5432;
  readonly databaseName: string;
  readonly securityGroupId: string;
  /** The secret in Secrets Manager with the master user's name and password; RDS changes it every week. */
  readonly masterSecretArn: string;
  private readonly identifier: string;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const all = { ...databaseDefaults, ...props };
    check(this, databaseRules(all));
    const { cluster, name, engineVersion } = all;
    const identifier = `${cluster}-${name}`;

    const subnets = new DbSubnetGroup(this, "subnets", {
      name: identifier,
      subnetIds: [...all.subnetIds],
    });
    const securityGroup = new SecurityGroup(this, "security-group", {
      name: `${identifier}-database`,
      description: "PostgreSQL: in from those it allows; nothing out",
      vpcId: all.vpcId,
      tags: { Name: `${identifier}-database` },
    });
    const parameters = new DbParameterGroup(this, "parameters", {
      // A new major version needs a group of its own while the server still uses the old one.
      name: `${identifier}-postgres${engineVersion}`,
      family: `postgres${engineVersion}`,
      parameter: [{ name: "rds.force_ssl", value: "1" }],
      lifecycle: { createBeforeDestroy: true },
    });
    const logs = exportedLogs.map(
      (log) =>
        new CloudwatchLogGroup(this, `log-${log}`, {
          name: `/aws/rds/instance/${identifier}/${log}`,
          retentionInDays: logRetentionDays,
        }),
    );
    const server = new DbInstance(this, "resource", {
      identifier,
      engine: "postgres",
      engineVersion,
      autoMinorVersionUpgrade: true,
      instanceClass: all.instanceClass,
      multiAz: all.multiAz,

      dbName: all.databaseName,
      username: "postgres",
      manageMasterUserPassword: true,

      storageType: "gp3",
      storageEncrypted: true,
      allocatedStorage: all.storageGib,
      maxAllocatedStorage: all.maxStorageGib,

      port: this.port,
      dbSubnetGroupName: subnets.name,
      vpcSecurityGroupIds: [securityGroup.id],
      publiclyAccessible: false,
      parameterGroupName: parameters.name,

      backupRetentionPeriod: all.backupDays,
      backupWindow: "01:00-02:00",
      maintenanceWindow: maintenanceWindow(all.maintenanceHour),
      copyTagsToSnapshot: true,
      deletionProtection: all.deletionProtection,
      skipFinalSnapshot: false,
      // AWS never reuses a security group's id: no two databases, not even of one name, leave the
      // same snapshot; an existing name would make the destroy fail.
      finalSnapshotIdentifier: `${identifier}-final-${securityGroup.id}`,
      // With the server the automatic backups go too, were this not false.
      deleteAutomatedBackups: false,

      performanceInsightsEnabled: true,
      performanceInsightsRetentionPeriod: 7,
      enabledCloudwatchLogsExports: exportedLogs,
      // RDS creates log groups without expiry where it finds none.
      dependsOn: logs,
    });

    this.identifier = identifier;
    this.address = server.address;
    this.databaseName = all.databaseName;
    this.securityGroupId = securityGroup.id;
    this.masterSecretArn = server.masterUserSecret.get(0).secretArn;
  }

  /**
   * Lets the members of a security group connect.
   *
   * @param id who that is; part of the state address.
   */
  allowFrom(id: string, securityGroupId: string): void {
    new VpcSecurityGroupIngressRule(this, `from-${id}`, {
      securityGroupId: this.securityGroupId,
      referencedSecurityGroupId: securityGroupId,
      description: id,
      ipProtocol: "tcp",
      fromPort: this.port,
      toPort: this.port,
    });
  }

  /**
   * Lets a role read the master user's password. For migrations and people; a service gets a user
   * of its own, made with it.
   *
   * @param id who that is; part of the state address.
   */
  grantMasterPassword(id: string, roleName: string): void {
    grant(this, `master-password-${id}`, {
      role: roleName,
      name: `${this.identifier}-master-password`,
      statements: [
        { actions: ["secretsmanager:GetSecretValue"], resources: [this.masterSecretArn] },
      ],
    });
  }
}

/** The hour that begins at `tue:03`, as RDS writes it: `tue:03:00-tue:04:00`. */
function maintenanceWindow(hour: string): string {
  const [day, begin] = hour.split(":");
  const end = String(Number(begin) + 1).padStart(2, "0");
  return `${day}:${begin}:00-${day}:${end}:00`;
}
