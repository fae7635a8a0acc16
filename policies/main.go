// Command policies is the policy pack. Pulumi's engine starts it.
package main

import (
	"fmt"
	"os"

	"bastide/policies/rules"
	"bastide/policies/server"
)

// version is the version of the pack. It changes when a rule does.
const version = "1.0.0"

func main() {
	if err := server.Serve(server.Pack{Name: "bastide", Version: version, Rules: rules.For}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
