// Command bastide is a Pulumi program: a hardened GKE platform for a small
// team. README.md tells how to use it.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components"
)

func main() {
	pulumi.Run(components.Deploy)
}
