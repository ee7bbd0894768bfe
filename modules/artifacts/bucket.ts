import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketNotification } from "@cdktf/provider-aws/lib/s3-bucket-notification/index.js";
import type { Construct } from "constructs";
import type { PrivateBucket } from "../private-bucket/index.ts";
import type { AnnounceQueue } from "./queue.ts";

/** From a deletion until it is for good: time to take the tag off, and the delete marker away. */
const regretDays = 30;

/**
 * Deletes archives tagged `expire=yes` and leftovers of broken uploads, nothing else. A lifecycle
 * rule cannot know what is good, pinned or held, and untagged archives may be any of these: an old
 * version too, as a deploy pins the version it was announced with.
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

/** Each new archive becomes a message in the queue. */
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
    // S3 sends a test message when this is set up, and refuses a queue that will not take it. A
    // version announced before versions are kept could not be pinned.
    dependsOn: [queue.policy, bucket.versioning],
  });
}
