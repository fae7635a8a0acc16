package kubernetes

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
)

// startServer runs etcd and the API server, and waits until the latter is ready.
func (c *ControlPlane) startServer(ctx context.Context, binaries string) error {
	etcdPort, err := holdPort()
	if err != nil {
		return err
	}
	defer etcdPort.release()
	apiPort, err := holdPort()
	if err != nil {
		return err
	}
	defer apiPort.release()
	if err := c.writeCertificates(); err != nil {
		return err
	}
	policy := filepath.Join(c.dir, "audit.yaml")
	if err := os.WriteFile(policy, auditPolicy, 0o600); err != nil {
		return err
	}
	c.Endpoint = apiPort.address()
	database := "http://" + etcdPort.address()
	err = c.run(filepath.Join(binaries, "etcd"),
		"--data-dir="+filepath.Join(c.dir, "etcd"), "--unsafe-no-fsync", "--socket-reuse-port",
		"--listen-client-urls="+database, "--advertise-client-urls="+database, "--listen-peer-urls=http://"+loopback+":0")
	if err != nil {
		return err
	}
	err = c.run(filepath.Join(binaries, "kube-apiserver"),
		"--etcd-servers="+database, "--bind-address="+loopback, "--secure-port="+strconv.Itoa(apiPort.number), "--permit-port-sharing",
		"--tls-cert-file="+c.certificate("apiserver.crt"), "--tls-private-key-file="+c.certificate("apiserver.key"),
		"--client-ca-file="+c.certificate("ca.crt"), "--authorization-mode=RBAC", "--allow-privileged",
		"--service-cluster-ip-range=10.0.0.0/24", "--service-account-issuer=https://"+c.Endpoint+"/",
		"--service-account-key-file="+c.certificate("sa-signer.key"), "--service-account-signing-key-file="+c.certificate("sa-signer.key"),
		"--audit-policy-file="+policy, "--audit-log-path="+filepath.Join(c.dir, auditLog))
	if err != nil {
		return err
	}
	return c.ready(ctx)
}

// certificate is the path of a file in the certificates folder.
func (c *ControlPlane) certificate(name string) string {
	return filepath.Join(c.dir, "certificates", name)
}

// writeCertificates makes the authority, the API server's certificate, and the key that
// signs service account tokens.
func (c *ControlPlane) writeCertificates() (err error) {
	if c.authority, err = newAuthority(); err != nil {
		return err
	}
	files := map[string][]byte{}
	if files["ca.crt"], err = c.authority.pem(); err != nil {
		return err
	}
	if files["apiserver.crt"], files["apiserver.key"], err = c.authority.server(); err != nil {
		return err
	}
	if files["sa-signer.key"], err = newKeyPEM(); err != nil {
		return err
	}
	c.Authority = base64.StdEncoding.EncodeToString(files["ca.crt"])
	for name, text := range files {
		if err := os.WriteFile(c.certificate(name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// ready waits until the API server is ready, or a process has ended.
func (c *ControlPlane) ready(ctx context.Context) error {
	config, err := c.system("readiness")
	if err != nil {
		return err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
		if err := c.Check(); err != nil {
			return false, err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+c.Endpoint+"/readyz", nil)
		if err != nil {
			return false, err
		}
		response, err := client.Do(request)
		if err != nil {
			return false, nil //nolint:nilerr // the server does not listen yet
		}
		return response.StatusCode == http.StatusOK, response.Body.Close()
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("the API server is not ready after %s; see kube-apiserver.log and etcd.log in %s", startTimeout, c.dir)
	}
	return err
}
