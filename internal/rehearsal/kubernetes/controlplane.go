// Package kubernetes is the Kubernetes side of a rehearsal: a real control plane on this
// machine (controlplane.go), what GKE adds to it (gke.yaml, addons.go, imagepolicy.go),
// the nodes of the simulated cloud's node pools (nodes.go), and the provider that the
// engine attaches to (provider.go). Pods do not run: kwok only reports that they do.
package kubernetes

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"bastide/internal/rehearsal/toolchain"
)

// ControlPlane is etcd, kube-apiserver, kube-controller-manager, kube-scheduler,
// kwok and what GKE adds, on loopback. Call Stop when done.
type ControlPlane struct {
	// Endpoint is the API server's address, host and port.
	Endpoint string
	// Authority is its CA certificate, base64 of PEM, as GKE returns it.
	Authority string
	// Kubeconfig is the path of a kubeconfig for use with kubectl.
	Kubeconfig string

	dir       string
	authority *authority
	processes []*process
	addons    *addons
	images    *imagePolicy // may be nil
	admin     *rest.Config
}

// startTimeout is how long the API server may take to become ready on a busy machine.
const startTimeout = 2 * time.Minute

//go:embed audit.yaml
var auditPolicy []byte

// auditLog is the file, in a control plane's folder, with the audit events of requests.
const auditLog = "audit.log"

// started counts the control planes that this process has started.
var started atomic.Int64

// Started returns how many control planes this process has started. Each start takes
// about ten seconds of CPU time.
func Started() int { return int(started.Load()) }

// StartControlPlane runs the executables in the folder binaries, which write to dir only.
// No pod is created with an image that the rule images, unless it is nil, refuses.
func StartControlPlane(ctx context.Context, binaries, dir string, images ImageRule) (*ControlPlane, error) {
	started.Add(1)
	c := &ControlPlane{dir: dir, Kubeconfig: filepath.Join(dir, "kubeconfig")}
	if err := c.start(ctx, binaries, images); err != nil {
		return nil, errors.Join(fmt.Errorf("starting Kubernetes: %w", err), c.Stop())
	}
	return c, nil
}

// start starts the components one after the other, until one fails.
func (c *ControlPlane) start(ctx context.Context, binaries string, images ImageRule) error {
	for _, sub := range []string{"", "etcd", "certificates"} {
		if err := os.MkdirAll(filepath.Join(c.dir, sub), 0o700); err != nil {
			return err
		}
	}
	if err := c.startServer(ctx, binaries); err != nil {
		return err
	}
	if err := c.startControllers(binaries); err != nil {
		return err
	}
	if err := c.addAdmin(); err != nil {
		return err
	}
	system, err := c.system("gke")
	if err != nil {
		return err
	}
	if c.addons, err = startAddons(system, c.dir); err != nil {
		return err
	}
	if err := install(ctx, system, gke); err != nil || images == nil {
		return err
	}
	c.images, err = startImagePolicy(ctx, system, images)
	return err
}

// startControllers runs the controller manager, the scheduler and kwok.
func (c *ControlPlane) startControllers(binaries string) error {
	// By default both limit themselves to 20 or 50 requests a second, and the controller
	// manager alone makes more than a hundred before its first controller starts.
	unlimited := []string{"--kube-api-qps=-1", "--kube-api-burst=-1"}
	// The user names to which Kubernetes' default roles are bound.
	manager, err := c.kubeconfig("system:kube-controller-manager", "system:authenticated")
	if err != nil {
		return err
	}
	scheduler, err := c.kubeconfig("system:kube-scheduler", "system:authenticated")
	if err != nil {
		return err
	}
	nodes, err := c.kubeconfig("kwok", "system:masters")
	if err != nil {
		return err
	}
	for _, command := range [][]string{
		append([]string{
			"kube-controller-manager", "--kubeconfig=" + manager, "--use-service-account-credentials", "--leader-elect=false", "--secure-port=0",
			"--service-account-private-key-file=" + c.certificate("sa-signer.key"), "--root-ca-file=" + c.certificate("ca.crt"),
			// A busy machine may delay heartbeats; that is no failure of a node.
			"--node-monitor-grace-period=10m",
		}, unlimited...),
		append([]string{"kube-scheduler", "--kubeconfig=" + scheduler, "--leader-elect=false", "--secure-port=0"}, unlimited...),
		{
			"kwok", "--kubeconfig=" + nodes, "--manage-all-nodes", "--config=" + filepath.Join(binaries, toolchain.Stages),
			"--node-lease-duration-seconds=40", "--server-address=127.0.0.1:0",
		},
	} {
		if err := c.run(filepath.Join(binaries, command[0]), command[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// run starts a component.
func (c *ControlPlane) run(path string, args ...string) error {
	started, err := startProcess(path, c.dir, args...)
	if err != nil {
		return err
	}
	c.processes = append(c.processes, started)
	return nil
}

// addAdmin makes the user that the program runs as. It is not in system:masters: on GKE
// no user is, and rules that exempt that group would never be exercised.
func (c *ControlPlane) addAdmin() error {
	path, err := c.kubeconfig("admin", adminGroup)
	if err != nil {
		return err
	}
	c.admin, err = loadConfig(path)
	if err != nil {
		return err
	}
	return os.Rename(path, c.Kubeconfig)
}

// system is the client configuration of a user for GKE's own actions.
func (c *ControlPlane) system(name string) (config *rest.Config, err error) {
	config = eager(&rest.Config{Host: "https://" + c.Endpoint})
	if config.CAData, err = c.authority.pem(); err != nil {
		return nil, err
	}
	config.CertData, config.KeyData, err = c.authority.user(name, "system:masters")
	return config, err
}

// kubeconfig writes the kubeconfig of a new user.
func (c *ControlPlane) kubeconfig(name, group string) (path string, err error) {
	authority, err := c.authority.pem()
	if err != nil {
		return "", err
	}
	user := clientcmdapi.NewAuthInfo()
	if user.ClientCertificateData, user.ClientKeyData, err = c.authority.user(name, group); err != nil {
		return "", err
	}
	const rehearsal = "rehearsal"
	path = c.certificate(strings.ReplaceAll(name, ":", "-") + ".kubeconfig")
	return path, clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{rehearsal: {Server: "https://" + c.Endpoint, CertificateAuthorityData: authority}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{rehearsal: user},
		Contexts:       map[string]*clientcmdapi.Context{rehearsal: {Cluster: rehearsal, AuthInfo: rehearsal}},
		CurrentContext: rehearsal,
	}, path)
}

// Admin is the client configuration of the user that the program runs as.
func (c *ControlPlane) Admin() *rest.Config { return rest.CopyConfig(c.admin) }

// Check returns an error for each component that has ended.
func (c *ControlPlane) Check() error {
	var errs []error
	for _, p := range c.processes {
		errs = append(errs, p.check())
	}
	return errors.Join(errs...)
}

// Stop stops all components, and waits until they have ended. It removes keys,
// certificates and the contents of the cluster, but keeps the logs. It may be called
// again.
func (c *ControlPlane) Stop() error {
	var errs []error
	if c.addons != nil {
		errs = append(errs, c.addons.stop())
		c.addons = nil
	}
	for i := len(c.processes) - 1; i >= 0; i-- {
		errs = append(errs, c.processes[i].stop())
	}
	c.processes = nil
	if c.images != nil {
		errs = append(errs, c.images.stop())
		c.images = nil
	}
	for _, name := range []string{"etcd", "certificates", "kubeconfig"} {
		errs = append(errs, os.RemoveAll(filepath.Join(c.dir, name)))
	}
	return errors.Join(errs...)
}
