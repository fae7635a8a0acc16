// Command bastide is a Pulumi program that creates a hardened GKE platform for a small
// team. README.md explains how to use it.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components"
)

func main() {
	pulumi.Run(components.Deploy)
}
