// Package ci makes the place where build jobs run: who may send them, and as
// whom they run. The nodes are the cluster's, the namespaces and the rules about
// jobs the guardrails'.
package ci

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/ci/values"
	"bastide/components/scope"
	"bastide/environment"
)

// Type is the component's type token.
const Type = "bastide:components:CI"

// CI guarantees that a runner may manage pods in the job namespaces and nothing
// else, and that a job may do nothing at all. It installs no system unless it is
// told to: whoever does it takes the same values.
type CI struct {
	pulumi.ResourceState

	// Values are documents for the systems' charts, by their names.
	Values pulumi.StringMapOutput `pulumi:"values"`
	// EstafetteKeys are the keys of Estafette, JSON; a secret.
	EstafetteKeys pulumi.StringOutput `pulumi:"estafetteKeys"`

	args      Args
	documents []values.Document
}

// Args is what CI is made from.
type Args struct {
	// Environment holds the settings; the component reads no configuration.
	Environment *environment.Environment
}

func (a Args) settings() pulumi.Map {
	ci := a.Environment.CI
	return pulumi.Map{
		"mode":       pulumi.String(ci.Mode),
		"systems":    pulumi.ToStringArray(ci.Systems),
		"namespaces": pulumi.ToStringArray(ci.JobNames()),
		"install":    pulumi.Bool(ci.Install.On),
	}
}

// New makes it in a cluster, whose provider is among the options, as is that the
// namespaces are there. It is for environments whose CI is not off.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*CI, error) {
	documents, err := values.All(args.Environment)
	if err != nil {
		return nil, err
	}
	c := &CI{args: args, documents: documents}
	s, err := scope.Open(ctx, Type, name, args.settings(), c, opts...)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(scope.Scope) error{c.createAccounts, c.grantRunners, c.makeEstafetteKeys, c.install, c.publish} {
		if err := step(s); err != nil {
			return nil, err
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"values": c.Values, "estafetteKeys": c.EstafetteKeys})
}

// publish gives people the documents that are not installed already.
func (c *CI) publish(scope.Scope) error {
	texts := map[string]string{}
	for _, document := range c.documents {
		text, err := document.YAML()
		if err != nil {
			return err
		}
		texts[document.Name] = text
	}
	c.Values = pulumi.ToStringMap(texts).ToStringMapOutput()
	return nil
}
