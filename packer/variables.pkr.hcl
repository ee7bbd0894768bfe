# All of them are written by: npx tsx ci/images/main.ts variables
variable "region" {
  type        = string
  description = "Where the image is built, like eu-central-1."
}

variable "copy_to_regions" {
  type        = list(string)
  description = "Other regions that get a copy."
}

variable "share_with_accounts" {
  type        = list(string)
  description = "Other accounts that may launch it; then kms_key has to be a key of your own."
}

variable "kms_key" {
  type        = string
  description = "Id, ARN or alias of the key that encrypts it in each region; empty for the account's default key."
}

variable "commit" {
  type        = string
  description = "Git commit of this checkout."
}

variable "playbook_hash" {
  type        = string
  description = "Hash of everything that goes into the image."
}

variable "version" {
  type        = string
  description = "The image's version, which its name ends with: time and commit."
}

variable "debian_suite" {
  type = string
}

variable "debian_version" {
  type        = string
  description = "Number of the release, as it stands in the names of Debian's images."
}

variable "consul_version" {
  type = string
}

variable "node_version" {
  type = string
}

variable "ssm_agent_version" {
  type = string
}

variable "agent_bundle" {
  type        = string
  description = "Full path of the folder that npx tsx agent/build.ts has filled."
}

locals {
  # Debian's own account: https://wiki.debian.org/Cloud/AmazonEC2Image
  debian_account = "136693071363"

  # What an image says of itself, so that nobody has to ask who built it from what.
  tags = {
    project           = "shoestring"
    version           = var.version
    commit            = var.commit
    playbook_hash     = var.playbook_hash
    parent            = "{{ .SourceAMI }}"
    parent_name       = "{{ .SourceAMIName }}"
    debian            = var.debian_suite
    consul_version    = var.consul_version
    node_version      = var.node_version
    ssm_agent_version = var.ssm_agent_version
  }
}
