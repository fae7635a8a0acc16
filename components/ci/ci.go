// Package ci creates the service accounts and permissions of build jobs and of the runners
// that send them, and installs runners. The cluster component creates the nodes of build
// jobs, the guardrails their namespaces and admission policies.
package ci

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/ci/values"
	"bastide/components/scope"
)

// Type is the component's type token.
const Type = "bastide:components:CI"

// CI guarantees that a runner has permissions in the job namespaces only, and that a job
// has none at all. It installs runners only if Install is on; otherwise people install them
// with the same values.
type CI struct {
	pulumi.ResourceState

	// Values are the documents of values for the systems' charts, by release name.
	Values pulumi.StringMapOutput `pulumi:"values"`
	// EstafetteKeys are Estafette's keys as JSON, marked as secret. Empty if Estafette
	// sends no jobs.
	EstafetteKeys pulumi.StringOutput `pulumi:"estafetteKeys"`

	args      Args
	documents []values.Document
}

// New creates CI in a cluster. The options have to include the cluster's provider, and a
// dependency on the namespaces.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*CI, error) {
	c := &CI{args: args}
	s, err := scope.Open(ctx, Type, name, args, c, opts...)
	if err != nil {
		return nil, err
	}
	if c.documents, err = values.All(args.Values); err != nil {
		return nil, err
	}
	if err := s.InOrder(c.createAccounts, c.grantRunners, c.createEstafetteKeys, c.install, c.publish); err != nil {
		return nil, err
	}
	return c, s.Finish()
}

// publish outputs all documents of values, for people to use.
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
