package cluster

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/pubsub"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastide/components/scope"
	"bastide/environment"
)

// createBulletins creates the topic to which GKE publishes security bulletins.
func (c *Cluster) createBulletins(s scope.Scope) (err error) {
	if !c.args.SecurityBulletins {
		return nil
	}
	c.bulletins, err = pubsub.NewTopic(s.Context(), s.Name("bulletins"), &pubsub.TopicArgs{
		Project:    c.args.Projects.PubSub.ToStringOutput(),
		Name:       c.name(environment.BulletinTopic).ToStringOutput(),
		KmsKeyName: c.args.BulletinKey.ToStringOutput(),
		Labels:     c.labels(),
	}, s.Child()...)
	return err
}

func (c *Cluster) notifications() container.ClusterNotificationConfigPtrInput {
	if c.bulletins == nil {
		return nil
	}
	return container.ClusterNotificationConfigArgs{Pubsub: container.ClusterNotificationConfigPubsubArgs{
		Enabled: pulumi.Bool(true),
		Topic:   c.bulletins.ID(),
		Filter: container.ClusterNotificationConfigPubsubFilterArgs{
			EventTypes: pulumi.ToStringArray([]string{"SECURITY_BULLETIN_EVENT", "UPGRADE_AVAILABLE_EVENT"}),
		},
	}}
}
