package googlecloud

import (
	"errors"
	"fmt"
)

const encrypterDecrypter = "roles/cloudkms.cryptoKeyEncrypterDecrypter"

func checkCryptoKey(c *call) error {
	if ring := c.text("keyRing"); c.find(ring) == nil {
		return fmt.Errorf("Error creating CryptoKey: googleapi: Error 404: KeyRing %s not found.", ring)
	}
	return nil
}

func checkKeyMember(c *call) error {
	key := c.text("cryptoKeyId")
	frame := fmt.Sprintf("Error applying IAM policy for KMS CryptoKey %q: Error setting IAM policy for KMS CryptoKey %q", key, key)
	if c.find(key) == nil {
		return fmt.Errorf("%s: googleapi: Error 404: CryptoKey %s not found.", frame, key)
	}
	return c.principal(frame)
}

// usable tells whether an API's service agent may encrypt with a key. An empty key means
// Google's own key, which needs no grant.
func (c *call) usable(key, api string) bool {
	return key == "" || c.find(key) != nil &&
		c.find(key+"/"+encrypterDecrypter+"/serviceAccount:"+agentEmail(api)) != nil
}

// Granted tells whether a member has a role on a key. It is for users of the key outside
// of the simulated cloud, such as OpenBao.
func (c *Cloud) Granted(key, role, member string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	grant, ok := c.objects[key+"/"+role+"/"+member]
	return ok && grant.ready && grant.kind == "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
}

// keyDenied is the message of KMS itself, which most services wrap in one of their own.
func keyDenied(key string) string {
	return fmt.Sprintf("Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '%s' (or it may not exist).", key)
}

func checkRepository(c *call) error {
	if c.usable(c.text("kmsKeyName"), "artifactregistry.googleapis.com") {
		return nil
	}
	return errors.New("Error waiting to create Repository: Error waiting for Creating Repository: Error code 7, message: " +
		"Permission denied on Cloud KMS key. Please ensure your Artifact Registry service account has been authorized to use the configured key.")
}

func checkTopic(c *call) error {
	const api = "pubsub.googleapis.com"
	if key := c.text("kmsKeyName"); !c.usable(key, api) {
		return fmt.Errorf("Error creating Topic: googleapi: Error 400: Cloud Pub/Sub did not have the necessary permissions configured to support this operation. "+
			"Please verify that the service account %s was granted the Cloud KMS CryptoKey Encrypter/Decrypter role for the project containing the CryptoKey resource %s.",
			agentEmail(api), key)
	}
	return nil
}

func checkBucket(c *call) error {
	if c.usable(c.text("encryption.defaultKmsKeyName"), "storage.googleapis.com") {
		return nil
	}
	return errors.New("googleapi: Error 403: Permission denied on Cloud KMS key. " +
		"Please ensure that your Cloud Storage service account has been authorized to use this key., forbidden")
}
