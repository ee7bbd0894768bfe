# What a Consul server boots: without nginx, the gate and the agent.
build {
  name = "consul"

  source "amazon-ebs.debian" {
    name            = "arm64"
    ami_name        = "shoestring-consul-arm64-${var.version}"
    ami_description = "Shoestring consul ${var.version}, arm64"
    instance_type   = "t4g.small"
    source_ami_filter {
      owners      = [local.debian_account]
      most_recent = true
      filters     = { name = "debian-${var.debian_version}-arm64-*", virtualization-type = "hvm" }
    }
  }

  source "amazon-ebs.debian" {
    name            = "x86_64"
    ami_name        = "shoestring-consul-x86_64-${var.version}"
    ami_description = "Shoestring consul ${var.version}, x86_64"
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
    playbook_file = "ansible/consul.yml"
    user          = "admin"
    use_proxy     = false
  }
  provisioner "shell" {
    execute_command = "sudo sh {{ .Path }}"
    scripts         = ["packer/list.sh", "packer/clean.sh", "packer/check.sh"]
  }
  provisioner "file" {
    direction   = "download"
    source      = "/run/shoestring-contents"
    destination = "out/images/consul-${source.name}.contents"
  }

  post-processor "shell-local" {
    inline = ["npx tsx ci/images/main.ts sbom consul-${source.name}"]
  }
  post-processor "manifest" {
    output = "out/images/consul.json"
  }
}
