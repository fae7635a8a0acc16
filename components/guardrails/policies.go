package guardrails

import (
	admissionv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/admissionregistration/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/guardrails/admission"
	"bastide/components/kube"
	"bastide/components/scope"
)

// createPolicies creates a policy and a binding for each admission rule. The API server
// evaluates them itself, so there is no webhook that could be unavailable. A request whose
// evaluation fails is refused.
func (g *Guardrails) createPolicies(s scope.Scope) error {
	for _, rule := range admission.Rules(g.args.Admission) {
		policy, err := admissionv1.NewValidatingAdmissionPolicy(s.Context(), s.Name(rule.ID), &admissionv1.ValidatingAdmissionPolicyArgs{
			Metadata: kube.Meta(admission.PolicyName(rule.ID), nil),
			Spec: admissionv1.ValidatingAdmissionPolicySpecArgs{
				FailurePolicy:    pulumi.String("Fail"),
				MatchConstraints: constraints(rule.Match),
				MatchConditions:  conditions(rule.Conditions),
				Variables:        g.mask(variables(rule.Variables)),
				Validations: admissionv1.ValidationArray{admissionv1.ValidationArgs{
					Expression:        pulumi.String(rule.Valid),
					Message:           pulumi.String(rule.Text()),
					MessageExpression: optional(rule.MessageExpression()),
				}},
			},
		}, s.Child()...)
		if err != nil {
			return err
		}
		binding, err := admissionv1.NewValidatingAdmissionPolicyBinding(s.Context(), s.Name(rule.ID+"-binding"), &admissionv1.ValidatingAdmissionPolicyBindingArgs{
			Metadata: kube.Meta(admission.PolicyName(rule.ID), nil),
			Spec: admissionv1.ValidatingAdmissionPolicyBindingSpecArgs{
				// The output, not the constant, so that the binding depends on its
				// policy: Kubernetes accepts a binding without one, and enforces nothing.
				PolicyName:        policy.Metadata.Name().Elem(),
				ValidationActions: pulumi.ToStringArray(admission.Actions(g.args.WarnOnly, rule.ID)),
				MatchResources:    namespaces(rule.Namespaces),
			},
		}, s.Child()...)
		if err != nil {
			return err
		}
		g.policies = append(g.policies, binding)
	}
	return nil
}

// optional is nil for an empty text.
func optional(text string) pulumi.StringPtrInput {
	if text == "" {
		return nil
	}
	return pulumi.String(text)
}

// createDefaults creates the policies that set what pods leave out.
func (g *Guardrails) createDefaults(s scope.Scope) error {
	if !g.args.FillIn {
		return nil
	}
	for _, mutation := range admission.Mutations(g.args.Admission) {
		if err := g.createMutation(s, mutation); err != nil {
			return err
		}
	}
	return nil
}

func (g *Guardrails) createMutation(s scope.Scope, mutation admission.Mutation) error {
	patches := admissionv1.MutationArray{}
	for _, patch := range mutation.Patches {
		args := admissionv1.MutationArgs{PatchType: pulumi.String(patch.Type)}
		if patch.Type == "JSONPatch" {
			args.JsonPatch = admissionv1.JSONPatchArgs{Expression: pulumi.String(patch.Expression)}
		} else {
			args.ApplyConfiguration = admissionv1.ApplyConfigurationArgs{Expression: pulumi.String(patch.Expression)}
		}
		patches = append(patches, args)
	}
	policy, err := admissionv1.NewMutatingAdmissionPolicy(s.Context(), s.Name(mutation.Name), &admissionv1.MutatingAdmissionPolicyArgs{
		Metadata: kube.Meta(admission.PolicyName(mutation.Name), nil),
		Spec: admissionv1.MutatingAdmissionPolicySpecArgs{
			FailurePolicy: pulumi.String("Fail"),
			// Containers that a webhook adds later get their defaults, too.
			ReinvocationPolicy: pulumi.String("IfNeeded"),
			MatchConstraints:   constraints(mutation.Match),
			Mutations:          patches,
		},
	}, s.Child()...)
	if err != nil {
		return err
	}
	binding, err := admissionv1.NewMutatingAdmissionPolicyBinding(s.Context(), s.Name(mutation.Name+"-binding"), &admissionv1.MutatingAdmissionPolicyBindingArgs{
		Metadata: kube.Meta(admission.PolicyName(mutation.Name), nil),
		Spec: admissionv1.MutatingAdmissionPolicyBindingSpecArgs{
			PolicyName:     policy.Metadata.Name().Elem(),
			MatchResources: namespaces(mutation.Namespaces),
		},
	}, s.Child()...)
	g.policies = append(g.policies, binding)
	return err
}

// namespaces selects the namespaces that a binding applies to by the label
// kubernetes.io/metadata.name, which the API server itself sets, and never by a label that
// users can set.
func namespaces(where admission.Selector) admissionv1.MatchResourcesPtrInput {
	if where.Operator == "" {
		return nil
	}
	return admissionv1.MatchResourcesArgs{NamespaceSelector: metav1.LabelSelectorArgs{
		MatchExpressions: metav1.LabelSelectorRequirementArray{metav1.LabelSelectorRequirementArgs{
			Key: pulumi.String("kubernetes.io/metadata.name"), Operator: pulumi.String(where.Operator), Values: pulumi.ToStringArray(where.Names),
		}},
	}}
}

func constraints(matches []admission.Match) admissionv1.MatchResourcesPtrInput {
	rules := admissionv1.NamedRuleWithOperationsArray{}
	for _, match := range matches {
		rules = append(rules, admissionv1.NamedRuleWithOperationsArgs{
			ApiGroups:   pulumi.ToStringArray([]string{match.Group}),
			ApiVersions: pulumi.ToStringArray(match.Versions),
			Resources:   pulumi.ToStringArray(match.Resources),
			Operations:  pulumi.ToStringArray(match.Operations),
		})
	}
	return admissionv1.MatchResourcesArgs{ResourceRules: rules}
}

func conditions(named []admission.NamedExpression) admissionv1.MatchConditionArray {
	all := admissionv1.MatchConditionArray{}
	for _, n := range named {
		all = append(all, admissionv1.MatchConditionArgs{Name: pulumi.String(n.Name), Expression: pulumi.String(n.Expression)})
	}
	return all
}

func variables(named []admission.NamedExpression) admissionv1.VariableArray {
	all := admissionv1.VariableArray{}
	for _, n := range named {
		all = append(all, admissionv1.VariableArgs{Name: pulumi.String(n.Name), Expression: pulumi.String(n.Expression)})
	}
	return all
}

// mask marks a rule's variables as secret if the admin ranges, which one of them holds, are
// secret.
func (g *Guardrails) mask(all admissionv1.VariableArray) admissionv1.VariableArrayInput {
	if g.args.MaskAdmin {
		return pulumi.ToSecret(all).(admissionv1.VariableArrayOutput)
	}
	return all
}
