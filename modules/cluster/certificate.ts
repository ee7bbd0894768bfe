import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate/index.js";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation/index.js";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record/index.js";
import { Construct } from "constructs";
import { moveFrom } from "../shared/moved.ts";
import { hostIds } from "./hosts.ts";

export interface CertificateProps {
  /** Host names that it is for; one may begin with "*.". The first one names it. */
  readonly hosts: readonly string[];
  /** The hosted zone of all of them. */
  readonly zoneId: string;
}

/** A certificate that proves itself with records in the zone, and renews itself with them. */
export class Certificate extends Construct {
  /** Known only when the certificate is valid. */
  readonly arn: string;

  constructor(scope: Construct, id: string, { hosts, zoneId }: CertificateProps) {
    super(scope, id);
    const [domainName = "", ...others] = hosts;
    const certificate = new AcmCertificate(this, "resource", {
      domainName,
      subjectAlternativeNames: [...others],
      validationMethod: "DNS",
      // A listener must never be without a certificate while a new one is made.
      lifecycle: { createBeforeDestroy: true },
    });
    const records = hostIds(hosts).map(({ host, id: hostId, formerId }) => {
      const option = optionOf(certificate, host);
      const record = new Route53Record(this, `proof-${hostId}`, {
        zoneId,
        name: `\${${option}.resource_record_name}`,
        type: `\${${option}.resource_record_type}`,
        records: [`\${${option}.resource_record_value}`],
        ttl: 300,
        // A wildcard and its parent use the same validation record.
        allowOverwrite: true,
      });
      if (formerId !== undefined) moveFrom(record, { scope: this, id: `proof-${formerId}` });
      return record;
    });
    this.arn = new AcmCertificateValidation(this, "valid", {
      certificateArn: certificate.arn,
      validationRecordFqdns: records.map(({ fqdn }) => fqdn),
    }).certificateArn;
  }
}

/** The options are a set, so a host's option is found by its name. */
const optionOf = (certificate: AcmCertificate, host: string) =>
  `one([for o in ${certificate.fqn}.domain_validation_options : o if o.domain_name == "${host}"])`;
