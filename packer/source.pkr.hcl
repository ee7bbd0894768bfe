# The machine that becomes an image: Debian's newest, encrypted, with IMDSv2 alone. The builds name it and
# add what differs.
source "amazon-ebs" "debian" {
  region       = var.region
  ssh_username = "admin"
  # A security group for this build alone lets in one address, and its key stays with nobody.
  temporary_security_group_source_public_ip = true
  ssh_clear_authorized_keys                 = true

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
  imds_support = "v2.0"

  encrypt_boot       = true
  kms_key_id         = var.kms_key
  ami_regions        = var.copy_to_regions
  region_kms_key_ids = { for region in var.copy_to_regions : region => var.kms_key }
  ami_users          = var.share_with_accounts

  launch_block_device_mappings {
    device_name           = "/dev/xvda"
    volume_type           = "gp3"
    volume_size           = 8
    iops                  = 3000
    throughput            = 125
    delete_on_termination = true
  }

  tags            = local.tags
  snapshot_tags   = local.tags
  run_tags        = { Name = "builds the image ${var.version}", project = "shoestring" }
  run_volume_tags = { project = "shoestring" }
}
