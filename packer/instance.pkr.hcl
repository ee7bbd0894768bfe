# What every instance of a service boots, before it knows its cluster.
build {
  name = "instance"

  source "amazon-ebs.debian" {
    name            = "arm64"
    ami_name        = "shoestring-instance-arm64-${var.version}"
    ami_description = "Shoestring instance ${var.version}, arm64"
    instance_type   = "t4g.small"
    source_ami_filter {
      owners      = [local.debian_account]
      most_recent = true
      filters     = { name = "debian-${var.debian_version}-arm64-*", virtualization-type = "hvm" }
    }
  }

  source "amazon-ebs.debian" {
    name            = "x86_64"
    ami_name        = "shoestring-instance-x86_64-${var.version}"
    ami_description = "Shoestring instance ${var.version}, x86_64"
    instance_type   = "t3.small"
    source_ami_filter {
      owners      = [local.debian_account]
      most_recent = true
      filters     = { name = "debian-${var.debian_version}-amd64-*", virtualization-type = "hvm" }
    }
  }

  # Its first boot goes on after sshd has come up, with apt locked.
  provisioner "shell" {
    inline = ["cloud-init status --wait"]
  }
  provisioner "ansible" {
    playbook_file   = "ansible/instance.yml"
    user            = "admin"
    use_proxy       = false
    extra_arguments = ["--extra-vars", "agent_bundle=${var.agent_bundle}"]
  }
  provisioner "shell" {
    execute_command = "sudo sh {{ .Path }}"
    scripts         = ["packer/list.sh", "packer/clean.sh", "packer/check.sh"]
  }
  provisioner "file" {
    direction   = "download"
    source      = "/run/shoestring-contents"
    destination = "out/images/instance-${source.name}.contents"
  }

  post-processor "shell-local" {
    inline = ["npx tsx ci/images/main.ts sbom instance-${source.name}"]
  }
  post-processor "manifest" {
    output = "out/images/instance.json"
  }
}
