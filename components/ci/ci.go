// Package ci makes the place where build jobs run: who may send them, and as
// whom they run. The nodes are the cluster's, the namespaces and the rules about
// jobs the guardrails'.
package ci

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/ci/values"
	"bastide/components/scope"
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

// New makes it in a cluster, whose provider is among the options, as is that the
// namespaces are there.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*CI, error) {
	c := &CI{args: args}
	s, err := scope.Open(ctx, Type, name, args, c, opts...)
	if err != nil {
		return nil, err
	}
	if c.documents, err = values.All(args.Values); err != nil {
		return nil, err
	}
	if err := s.InOrder(c.createAccounts, c.grantRunners, c.makeEstafetteKeys, c.install, c.publish); err != nil {
		return nil, err
	}
	return c, s.Finish()
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
