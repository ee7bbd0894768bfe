// Simulates a Terraform provider without the service behind it: plans and applies change only
// Terraform's state. Its own file name says which provider it simulates.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"

	"shoestring/local/simulated-provider/internal/server"
)

func main() {
	simulated, err := server.New(os.Args[0], os.Getenv("SHOESTRING_PROVIDER_DATA"))
	if err == nil {
		err = tf5server.Serve("registry.terraform.io/hashicorp/"+simulated.Name(),
			func() tfprotov5.ProviderServer { return simulated })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
