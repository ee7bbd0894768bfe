// Plays a Terraform provider without the service behind it: plans and applies change only
// Terraform's state. Its own file name says which provider it plays.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"

	"shoestring/local/simulated-provider/internal/server"
)

func main() {
	played, err := server.New(os.Args[0], os.Getenv("SHOESTRING_PROVIDER_DATA"))
	if err == nil {
		err = tf5server.Serve("registry.terraform.io/hashicorp/"+played.Name(),
			func() tfprotov5.ProviderServer { return played })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
