package openbao

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/monitoring"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
)

// missed is the time without a snapshot after which to alert: two missed runs.
const missed = "13h"

// watchSnapshots creates an alert for missing snapshots, whatever the reason: a job that
// fails, one that never starts, a bucket that refuses. It counts the objects that Cloud
// Storage has written, so it also fires if the first snapshot never arrives. Source: Cloud
// Monitoring, "Google Cloud metrics", storage.googleapis.com.
func (o *OpenBao) watchSnapshots(s scope.Scope) error {
	channels := pulumi.StringArray{}
	if o.args.AlertEmail != "" {
		email, err := monitoring.NewNotificationChannel(s.Context(), s.Name("alert-email"), &monitoring.NotificationChannelArgs{
			Project:     o.args.Monitoring.ToStringOutput(),
			DisplayName: pulumi.String(o.args.AlertEmail),
			Type:        pulumi.String("email"),
			Labels:      pulumi.StringMap{"email_address": pulumi.String(o.args.AlertEmail)},
		}, s.Child()...)
		if err != nil {
			return err
		}
		channels = append(channels, email.ID())
	}
	_, err := monitoring.NewAlertPolicy(s.Context(), s.Name("snapshot-alert"), &monitoring.AlertPolicyArgs{
		Project:     o.args.Monitoring.ToStringOutput(),
		DisplayName: pulumi.Sprintf("%s: no OpenBao snapshot for %s", o.args.title(), missed),
		Combiner:    pulumi.String("OR"),
		Severity:    pulumi.String("CRITICAL"),
		Conditions: monitoring.AlertPolicyConditionArray{monitoring.AlertPolicyConditionArgs{
			DisplayName: pulumi.String("no object has been written"),
			ConditionPrometheusQueryLanguage: monitoring.AlertPolicyConditionConditionPrometheusQueryLanguageArgs{
				Query: pulumi.Sprintf(
					`absent_over_time(storage_googleapis_com:api_request_count{monitored_resource="gcs_bucket",bucket_name="%s",method="WriteObject",response_code="OK"}[%s])`,
					o.bucket.Name, missed),
				AlertRule:          pulumi.String("OpenBaoSnapshotMissing"),
				Duration:           pulumi.String("0s"),
				EvaluationInterval: pulumi.String("300s"),
			},
		}},
		Documentation: monitoring.AlertPolicyDocumentationArgs{
			MimeType: pulumi.String("text/markdown"),
			Content:  pulumi.String("OpenBao has not been backed up. `kubectl -n openbao get jobs,pods -l app.kubernetes.io/component=snapshot`, then docs/openbao.md, \"A snapshot is missing\"."),
		},
		NotificationChannels: channels,
		UserLabels:           pulumi.ToStringMap(o.args.Labels),
	}, s.Child()...)
	return err
}
