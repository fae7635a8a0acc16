package openbao

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	batchv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/batch/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/openbao/config"
	"bastide/components/scope"
	"bastide/environment"
)

// When snapshots are taken, for how many days they are kept, and for how many days deleted
// ones can be restored, whether they expired or somebody deleted them.
const (
	schedule     = "17 */6 * * *" // UTC
	snapshotDays = 30
	deletedDays  = 30
)

// createBucket creates the bucket of snapshots: encrypted with a key of its own, never
// public, and with soft delete.
func (o *OpenBao) createBucket(s scope.Scope) error {
	suffix, err := random.NewRandomString(s.Context(), s.Name("snapshots-suffix"), &random.RandomStringArgs{
		Length: pulumi.Int(environment.SuffixLength), Upper: pulumi.Bool(false), Special: pulumi.Bool(false),
	}, s.Child()...)
	if err != nil {
		return err
	}
	o.bucket, err = storage.NewBucket(s.Context(), s.Name("snapshots"), &storage.BucketArgs{
		Project:                  o.args.Storage.ToStringOutput(),
		Name:                     pulumi.Sprintf("%s-%s", o.args.Names.Of(environment.SnapshotBucket), suffix.Result),
		Location:                 pulumi.String(o.args.Location.Region),
		UniformBucketLevelAccess: pulumi.Bool(true),
		PublicAccessPrevention:   pulumi.String("enforced"),
		Encryption:               storage.BucketEncryptionArgs{DefaultKmsKeyName: o.args.BackupsKey},
		Versioning:               storage.BucketVersioningArgs{Enabled: pulumi.Bool(true)},
		SoftDeletePolicy:         storage.BucketSoftDeletePolicyArgs{RetentionDurationSeconds: pulumi.Int(deletedDays * day * 3600)},
		LifecycleRules: storage.BucketLifecycleRuleArray{
			expire(storage.BucketLifecycleRuleConditionArgs{Age: pulumi.Int(snapshotDays), WithState: pulumi.String("LIVE")}),
			expire(storage.BucketLifecycleRuleConditionArgs{DaysSinceNoncurrentTime: pulumi.Int(1), WithState: pulumi.String("ARCHIVED")}),
		},
		ForceDestroy: pulumi.Bool(!o.args.Protected),
		Labels:       pulumi.ToStringMap(o.args.Labels),
	}, o.protect(s, pulumi.RetainOnDelete(o.args.Protected))...)
	if err != nil {
		return err
	}
	// Only for creating objects: not for reading, listing or overwriting them.
	grant, err := storage.NewBucketIAMMember(s.Context(), s.Name("snapshots-writer"), &storage.BucketIAMMemberArgs{
		Bucket: o.bucket.Name,
		Role:   pulumi.String("roles/storage.objectCreator"),
		Member: o.member(snapshotAccount),
	}, s.Child()...)
	if err != nil {
		return err
	}
	o.Snapshots = scope.After(o.bucket.Name, grant)
	return nil
}

func expire(condition storage.BucketLifecycleRuleConditionArgs) storage.BucketLifecycleRuleArgs {
	return storage.BucketLifecycleRuleArgs{
		Action:    storage.BucketLifecycleRuleActionArgs{Type: pulumi.String("Delete")},
		Condition: condition,
	}
}

// takeSnapshots creates the snapshot job. One container takes the snapshot with a token of
// OpenBao, the other uploads it with workload identity.
func (o *OpenBao) takeSnapshots(s scope.Scope) error {
	_, err := batchv1.NewCronJob(s.Context(), s.Name("snapshot"), &batchv1.CronJobArgs{
		Metadata: meta("openbao-snapshot", snapshotLabels),
		Spec: batchv1.CronJobSpecArgs{
			Schedule:                   pulumi.String(schedule),
			TimeZone:                   pulumi.String("Etc/UTC"),
			ConcurrencyPolicy:          pulumi.String("Forbid"),
			StartingDeadlineSeconds:    pulumi.Int(3600),
			SuccessfulJobsHistoryLimit: pulumi.Int(2),
			FailedJobsHistoryLimit:     pulumi.Int(4),
			JobTemplate: batchv1.JobTemplateSpecArgs{
				Metadata: metav1.ObjectMetaArgs{Labels: snapshotLabels},
				Spec: batchv1.JobSpecArgs{
					BackoffLimit:          pulumi.Int(3),
					ActiveDeadlineSeconds: pulumi.Int(1800),
					Template: corev1.PodTemplateSpecArgs{
						Metadata: metav1.ObjectMetaArgs{Labels: with(snapshotLabels, versionLabel, o.args.Image.Version)},
						Spec:     o.snapshotPod(),
					},
				},
			},
		},
	}, s.Child(pulumi.DependsOn([]pulumi.Resource{o.servers}))...)
	return err
}

const (
	folderVolume = "snapshots"
	folderDir    = "/snapshots"
	loginVolume  = "token"
	loginDir     = "/var/run/secrets/openbao"
	homeVolume   = "home"
	homeDir      = "/home/cloudsdk"
)

// cloudSDKUser is the user of Google Cloud CLI's image. Source:
// GoogleCloudPlatform/cloud-sdk-docker, stable/Dockerfile.
const cloudSDKUser = 1000

func (o *OpenBao) snapshotPod() corev1.PodSpecArgs {
	return corev1.PodSpecArgs{
		RestartPolicy:                pulumi.String("Never"),
		ServiceAccountName:           o.accounts.snapshot,
		AutomountServiceAccountToken: pulumi.Bool(false),
		SecurityContext:              podSecurity(cloudSDKUser, cloudSDKUser),
		InitContainers:               corev1.ContainerArray{o.takingContainer()},
		Containers:                   corev1.ContainerArray{o.uploadingContainer()},
		Volumes: corev1.VolumeArray{
			fromMap(scriptsVolume, o.settings.scripts, nil),
			corev1.VolumeArgs{Name: pulumi.String(tlsVolume), Secret: corev1.SecretVolumeSourceArgs{
				SecretName: o.tls.secret,
				Items:      corev1.KeyToPathArray{corev1.KeyToPathArgs{Key: pulumi.String("ca.crt"), Path: pulumi.String("ca.crt")}},
			}},
			token(loginVolume, config.Audience),
			scratch(folderVolume, dataSize),
			scratch(homeVolume, "64Mi"),
		},
	}
}

func (o *OpenBao) takingContainer() corev1.ContainerArgs {
	return corev1.ContainerArgs{
		Name:    pulumi.String("take"),
		Image:   pulumi.String(o.args.Image.String()),
		Command: pulumi.ToStringArray([]string{"/bin/sh", scriptsDir + "/" + snapshotFile}),
		Env: corev1.EnvVarArray{
			value("BAO_ADDR", address(activeService)),
			value("BAO_CACERT", config.TLSDir+"/ca.crt"),
			value("TOKEN", loginDir+"/token"),
			value("ROLE", config.SnapshotRole),
			value("FOLDER", folderDir),
		},
		Resources:       resources("50m", "128Mi", "256Mi", dataSize),
		SecurityContext: containerSecurity(),
		VolumeMounts: corev1.VolumeMountArray{
			mount(scriptsVolume, scriptsDir, true),
			mount(tlsVolume, config.TLSDir, true),
			mount(loginVolume, loginDir, true),
			mount(folderVolume, folderDir, false),
		},
	}
}

// uploadingContainer copies to the bucket without an object name: given one, the CLI would
// first read the object, which the job is not allowed to.
func (o *OpenBao) uploadingContainer() corev1.ContainerArgs {
	return corev1.ContainerArgs{
		Name:  pulumi.String("upload"),
		Image: pulumi.String(o.args.UploadImage.String()),
		Command: pulumi.StringArray{
			pulumi.String("gcloud"), pulumi.String("storage"), pulumi.String("cp"), pulumi.String("--if-generation-match=0"),
			pulumi.String(folderDir + "/*.snap"), pulumi.Sprintf("gs://%s", o.Snapshots),
		},
		Env: corev1.EnvVarArray{
			value("HOME", homeDir),
			value("CLOUDSDK_CONFIG", homeDir+"/gcloud"),
			value("CLOUDSDK_CORE_DISABLE_PROMPTS", "1"),
			value("CLOUDSDK_CORE_DISABLE_FILE_LOGGING", "1"),
			// Composite uploads would read the bucket's settings and delete their parts,
			// which the job is not allowed to.
			value("CLOUDSDK_STORAGE_PARALLEL_COMPOSITE_UPLOAD_ENABLED", "False"),
		},
		Resources:       resources("50m", "256Mi", "512Mi", dataSize),
		SecurityContext: containerSecurity(),
		VolumeMounts: corev1.VolumeMountArray{
			mount(folderVolume, folderDir, true),
			mount(homeVolume, homeDir, false),
		},
	}
}
