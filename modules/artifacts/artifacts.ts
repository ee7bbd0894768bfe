import { Construct } from "constructs";
import { ServiceName } from "../../protocol/names.ts";
import { grant, type Statement } from "../iam/index.ts";
import { PrivateBucket } from "../private-bucket/index.ts";
import { check, rule } from "../shared/check.ts";
import { alarms } from "./alarms.ts";
import { expireTagged, notify } from "./bucket.ts";
import { announceFunction, functionTimeoutSeconds } from "./function.ts";
import { bucketName } from "./names.ts";
import { type ArtifactsProps, artifactsDefaults, artifactsRules } from "./props.ts";
import { pushStatements } from "./push.ts";
import { announceQueue } from "./queue.ts";

/** The bucket of a cluster's releases, and the function that turns an upload into a deploy. */
export class Artifacts extends Construct {
  readonly bucketName: string;
  readonly bucketArn: string;
  readonly queueArn: string;
  readonly functionName: string;
  /** The announce function's; let it in where Consul runs. */
  readonly functionSecurityGroupId: string;

  constructor(scope: Construct, id: string, props: ArtifactsProps) {
    super(scope, id);
    const all = { ...artifactsDefaults, ...props };
    check(this, artifactsRules(all));
    const { cluster, account, retentionDays, alarmTopicArn: topicArn } = all;

    const bucket = new PrivateBucket(this, "bucket", { name: bucketName(all) });
    expireTagged(this, bucket, retentionDays);
    const bucketArn = bucket.arn;
    const queue = announceQueue(this, { cluster, account, bucketArn, functionTimeoutSeconds });
    notify(this, bucket, queue);
    const announce = announceFunction(this, { ...all, bucketArn, queueArn: queue.arn });
    alarms(this, {
      cluster,
      topicArn,
      queueName: queue.name,
      deadLettersName: queue.deadLettersName,
      functionName: announce.name,
    });

    this.bucketName = bucket.name;
    this.bucketArn = bucketArn;
    this.queueArn = queue.arn;
    this.functionName = announce.name;
    this.functionSecurityGroupId = announce.securityGroupId;
  }

  /**
   * Lets a role read a service's archives by their versions, and none of another service.
   *
   * @param id part of the state address; needed when several roles read one service.
   */
  grantRead(roleName: string, service: string, id = service): void {
    const actions = ["s3:GetObjectVersion"];
    const resources = [`${this.bucketArn}/${service}/*`];
    this.allow(`read-${id}`, roleName, service, [{ actions, resources }]);
  }

  /**
   * Lets a role upload a service's archives, and none of another service. It overwrites none.
   *
   * @param id part of the state address; needed when several roles push one service.
   */
  grantPush(roleName: string, service: string, id = service): void {
    this.allow(`push-${id}`, roleName, service, pushStatements(this.bucketArn, service));
  }

  private allow(id: string, role: string, service: string, statements: Statement[]): void {
    const good = 'the name of a service, like "web"';
    check(this, [rule("service", service, good, (it) => ServiceName.safeParse(it).success)]);
    grant(this, id, { role, name: `artifacts-${id}`, statements });
  }
}
