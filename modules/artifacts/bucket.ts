import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketNotification } from "@cdktf/provider-aws/lib/s3-bucket-notification/index.js";
import type { Construct } from "constructs";
import type { PrivateBucket } from "../private-bucket/index.ts";
import type { AnnounceQueue } from "./queue.ts";

/** Days between a deletion and its final end: time to remove the tag and the delete marker. */
const regretDays = 30;

/**
 * Deletes archives tagged `expire=yes` and the remains of aborted uploads, nothing else. A
 * lifecycle rule cannot know which archives are good, pinned or held, and any untagged one may be.
 * So may an old version, since a deploy pins the version it was announced with.
 */
export function expireTagged(scope: Construct, bucket: PrivateBucket, retentionDays: number): void {
  new S3BucketLifecycleConfiguration(scope, "lifecycle", {
    bucket: bucket.name,
    rule: [
      {
        id: "expire-tagged",
        status: "Enabled",
        filter: [{ tag: [{ key: "expire", value: "yes" }] }],
        expiration: [{ days: retentionDays }],
        noncurrentVersionExpiration: [{ noncurrentDays: regretDays }],
      },
      {
        id: "clean-up",
        status: "Enabled",
        filter: [{ prefix: "" }],
        expiration: [{ expiredObjectDeleteMarker: true }],
        abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
      },
    ],
    dependsOn: [bucket.versioning],
  });
}

/** Sends a message to the queue for each new archive. */
export function notify(scope: Construct, bucket: PrivateBucket, queue: AnnounceQueue): void {
  new S3BucketNotification(scope, "notification", {
    bucket: bucket.name,
    queue: [
      {
        id: "announce",
        queueArn: queue.arn,
        events: ["s3:ObjectCreated:*"],
        filterSuffix: ".tar.gz",
      },
    ],
    // S3 sends a test message on setup and fails if the queue does not accept it. A version that
    // was announced before versioning is on could not be pinned.
    dependsOn: [queue.policy, bucket.versioning],
  });
}
