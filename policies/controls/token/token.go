// Package token has the type tokens of resources that promises are about. A misspelt
// token would match no resource, so each is written only here, and a test compares them
// with the SDKs.
package token

// Google Cloud.
const (
	Address      = "gcp:compute/address:Address"
	AlertPolicy  = "gcp:monitoring/alertPolicy:AlertPolicy"
	AuditConfig  = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
	AccountKey   = "gcp:serviceaccount/key:Key"
	Bucket       = "gcp:storage/bucket:Bucket"
	BucketGrant  = "gcp:storage/bucketIAMMember:BucketIAMMember"
	Cluster      = "gcp:container/cluster:Cluster"
	CryptoKey    = "gcp:kms/cryptoKey:CryptoKey"
	Disk         = "gcp:compute/disk:Disk"
	Firewall     = "gcp:compute/firewall:Firewall"
	ImagePolicy  = "gcp:binaryauthorization/policy:Policy"
	KeyGrant     = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
	KeyRing      = "gcp:kms/keyRing:KeyRing"
	NAT          = "gcp:compute/routerNat:RouterNat"
	NodePool     = "gcp:container/nodePool:NodePool"
	ProjectGrant = "gcp:projects/iAMMember:IAMMember"
	ReaderGrant  = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
	Repository   = "gcp:artifactregistry/repository:Repository"
	Service      = "gcp:projects/service:Service"
	Subnetwork   = "gcp:compute/subnetwork:Subnetwork"
	Topic        = "gcp:pubsub/topic:Topic"
)

// Keys and certificates.
const (
	Authority          = "tls:index/selfSignedCert:SelfSignedCert"
	Certificate        = "tls:index/locallySignedCert:LocallySignedCert"
	CertificateRequest = "tls:index/certRequest:CertRequest"
	PrivateKey         = "tls:index/privateKey:PrivateKey"
)

// Kubernetes.
const (
	AdmissionBinding    = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding"
	AdmissionPolicy     = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"
	ClusterRole         = "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole"
	ConfigMap           = "kubernetes:core/v1:ConfigMap"
	CronJob             = "kubernetes:batch/v1:CronJob"
	DaemonSet           = "kubernetes:apps/v1:DaemonSet"
	Deployment          = "kubernetes:apps/v1:Deployment"
	Job                 = "kubernetes:batch/v1:Job"
	Namespace           = "kubernetes:core/v1:Namespace"
	NamespacePatch      = "kubernetes:core/v1:NamespacePatch"
	NetworkPolicy       = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
	Pod                 = "kubernetes:core/v1:Pod"
	Release             = "kubernetes:helm.sh/v3:Release"
	ReplicaSet          = "kubernetes:apps/v1:ReplicaSet"
	ResourceQuota       = "kubernetes:core/v1:ResourceQuota"
	Role                = "kubernetes:rbac.authorization.k8s.io/v1:Role"
	Secret              = "kubernetes:core/v1:Secret" //nolint:gosec // a type
	ServiceAccount      = "kubernetes:core/v1:ServiceAccount"
	ServiceAccountPatch = "kubernetes:core/v1:ServiceAccountPatch"
	StatefulSet         = "kubernetes:apps/v1:StatefulSet"
	StorageClass        = "kubernetes:storage.k8s.io/v1:StorageClass"
)
