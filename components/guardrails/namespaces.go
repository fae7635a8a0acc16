package guardrails

import (
	"maps"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/guardrails/sizes"
	"bastide/components/kube"
	"bastide/components/scope"
	"bastide/environment"
)

// The levels of the Pod Security Standards. CIS GKE 4.2.1.
const (
	privileged = "privileged"
	baseline   = "baseline"
	restricted = "restricted"
)

// plan describes a namespace to create.
type plan struct {
	name, owner, size string
	enforce           string
	openBaoClient     bool
	bounds            sizes.Bounds
	tenant            *environment.WorkloadNamespace
	open              []func(scope.Scope, plan) error // NetworkPolicies beyond default-deny and DNS
	annotations       map[string]string
	labels            map[string]string
}

func (a Args) plans() []plan {
	bounds := a.Admission.Bounds
	all := []plan{{name: environment.OpenBaoNamespace, owner: environment.Namespace, size: environment.Medium, enforce: restricted, bounds: bounds[environment.OpenBaoNamespace]}}
	for i := range a.Workloads {
		tenant := &a.Workloads[i]
		p := plan{
			name: tenant.Name, owner: tenant.Owner, size: tenant.Size, enforce: baseline, bounds: bounds[tenant.Name],
			tenant: tenant, openBaoClient: tenant.OpenBaoClient,
			open: []func(scope.Scope, plan) error{allowNeighbours, allowMetadata, a.allowAdmin},
		}
		if p.openBaoClient {
			p.open = append(p.open, allowOpenBao)
		}
		all = append(all, p)
	}
	return append(all, a.buildPlans()...)
}

// NamespaceType is the type token of a namespace with its guardrails.
const NamespaceType = "bastide:components:Namespace"

// Namespace guarantees that a namespace is created after the admission policies, and that
// what depends on it is created after its guardrails.
type Namespace struct {
	pulumi.ResourceState
}

func (p plan) settings() pulumi.Map {
	return pulumi.Map{"name": pulumi.String(p.name), "owner": pulumi.String(p.owner), "size": pulumi.String(p.size), "level": pulumi.String(p.enforce)}
}

func (g *Guardrails) createNamespaces(s scope.Scope) error {
	for _, p := range g.args.plans() {
		component := &Namespace{}
		nested, err := s.Nest(NamespaceType, p.name, p.settings(), component, pulumi.DependsOn(g.policies))
		if err != nil {
			return err
		}
		labels := g.levels(p.enforce)
		labels[ownerLabel], labels[sizeLabel] = p.owner, p.size
		if p.openBaoClient {
			labels[environment.OpenBaoClientLabel] = "true"
		}
		maps.Copy(labels, p.labels)
		metadata := kube.Meta(p.name, labels)
		if p.annotations != nil {
			metadata.Annotations = pulumi.ToStringMap(p.annotations)
		}
		// Deleting a namespace deletes everything in it.
		namespace, err := corev1.NewNamespace(s.Context(), s.Name(p.name), &corev1.NamespaceArgs{
			Metadata: metadata,
		}, nested.Child(pulumi.Protect(g.args.Protected))...)
		if err != nil {
			return err
		}
		if err := g.createGuardrails(nested.With(pulumi.DependsOn([]pulumi.Resource{namespace})), p); err != nil {
			return err
		}
		if err := nested.Finish(); err != nil {
			return err
		}
		g.namespaces[p.name] = component
	}
	return nil
}

// createGuardrails creates everything that a namespace needs before anything runs in it.
func (g *Guardrails) createGuardrails(s scope.Scope, p plan) error {
	steps := []func(scope.Scope, plan) error{limit, closeNetwork, lockAccount}
	if p.tenant != nil {
		steps = append(steps, g.grantAccess)
	}
	for _, step := range steps {
		if err := step(s, p); err != nil {
			return err
		}
	}
	return nil
}

// levels are the labels that Pod Security admission reads.
func (g *Guardrails) levels(enforce string) map[string]string {
	version := g.args.Admission.Version
	labels := map[string]string{}
	for mode, level := range map[string]string{"enforce": enforce, "audit": restricted, "warn": restricted} {
		labels["pod-security.kubernetes.io/"+mode] = level
		labels["pod-security.kubernetes.io/"+mode+"-version"] = version
	}
	return labels
}

// lockAccount keeps the default service account's token out of pods that do not ask for
// one. CIS GKE 4.1.4, 4.1.5.
func lockAccount(s scope.Scope, p plan) error {
	_, err := corev1.NewServiceAccountPatch(s.Context(), s.Name(p.name+"-default-account"), &corev1.ServiceAccountPatchArgs{
		Metadata: metav1.ObjectMetaPatchArgs{
			Namespace: pulumi.String(p.name), Name: pulumi.String("default"), Annotations: kube.TakeOver,
		},
		AutomountServiceAccountToken: pulumi.Bool(false),
	}, s.Child()...)
	return err
}

// lockDefault keeps the namespace called default empty and isolated: CIS GKE 4.6.4. It
// can't be created or deleted, only patched. Its labels are retained on destroy, since the
// admission rules refuse the namespace without them.
func (g *Guardrails) lockDefault(s scope.Scope) error {
	p := plan{name: environment.UnusedNamespace, owner: environment.Namespace, enforce: restricted}
	nested, err := s.Nest(NamespaceType, p.name, p.settings(), &Namespace{}, pulumi.DependsOn(g.policies))
	if err != nil {
		return err
	}
	if _, err := corev1.NewNamespacePatch(s.Context(), s.Name(p.name), &corev1.NamespacePatchArgs{
		Metadata: metav1.ObjectMetaPatchArgs{Name: pulumi.String(p.name), Labels: pulumi.ToStringMap(g.levels(p.enforce)), Annotations: kube.TakeOver},
	}, nested.Child(pulumi.RetainOnDelete(true))...); err != nil {
		return err
	}
	if _, err := corev1.NewResourceQuota(s.Context(), s.Name(p.name+"-quota"), &corev1.ResourceQuotaArgs{
		Metadata: kube.In(p.name, "nothing"),
		Spec:     corev1.ResourceQuotaSpecArgs{Hard: pulumi.StringMap{"pods": pulumi.String("0"), "persistentvolumeclaims": pulumi.String("0")}},
	}, nested.Child()...); err != nil {
		return err
	}
	if err := denyAll(nested, p); err != nil {
		return err
	}
	if err := lockAccount(nested, p); err != nil {
		return err
	}
	return nested.Finish()
}
