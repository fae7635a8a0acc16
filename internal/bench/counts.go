package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
)

// binary is a binary that is built, and the maximum number of packages that it may consist of.
type binary struct {
	Name, Module, Package string
	Most                  int
}

// binaries are all binaries. A test checks their numbers of packages, since every user has
// to compile each package once.
var binaries = []binary{
	{"internal/cmd/build", ".", "./internal/cmd/build", 130},
	{"the helper", ".", "./internal/cmd/bastide", 1380},
	{"the program", ".", ".", 850},
	{"the policy pack", ".", "./policies", 950},
	{"the control plane", "tools/kubernetes", ".", 2750},
	{"the Pulumi CLI", "tools/pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", 1760},
}

// kubernetesGroups is how many packages of the Kubernetes SDK, which has 70, the program
// may import.
const kubernetesGroups = 14

// packages lists the packages of a binary.
func (b binary) packages(ctx context.Context, root string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", b.Package)
	cmd.Dir = filepath.Join(root, b.Module)
	listed, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("counting the packages of %s: %w", b.Name, err)
	}
	return strings.Fields(string(listed)), nil
}

// kubernetesSDK counts the packages of the Kubernetes SDK.
func kubernetesSDK(packages []string) (count int) {
	for _, path := range packages {
		if strings.HasPrefix(path, "github.com/pulumi/pulumi-kubernetes/") {
			count++
		}
	}
	return count
}

func counts(ctx context.Context, out io.Writer, root, _ string) error {
	fmt.Fprintln(out, "packages of each binary")
	for _, b := range binaries {
		listed, err := b.packages(ctx, root)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %-18s %5d, at most %d; of the Kubernetes SDK %d\n", b.Name, len(listed), b.Most, kubernetesSDK(listed))
	}
	return nil
}
