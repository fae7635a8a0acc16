// Package config is OpenBao's configuration as Go values. They are marshalled to JSON,
// which OpenBao accepts wherever it accepts HCL, so that no value needs quoting by hand.
//
// It creates no resources. Keys are those of OpenBao 2.6,
// website/content/docs/configuration.
package config

import (
	"encoding/json"
	"fmt"

	"bastide/environment"
)

// The directories of the servers' files, which are mount points of the pods.
const (
	// ConfigDir holds the configuration that all servers share.
	ConfigDir = "/openbao/config"
	// BootstrapDir holds the self-initialisation of the first server, and is empty on
	// all others.
	BootstrapDir = "/openbao/bootstrap"
	// DataDir holds the raft storage.
	DataDir = "/openbao/data"
	// AuditDir holds the audit log.
	AuditDir = "/openbao/audit"
	// TLSDir holds tls.crt, tls.key and ca.crt.
	TLSDir = "/openbao/tls"
)

// The ports. Metrics have a port of their own, so that collectors can reach nothing else.
const (
	APIPort     = environment.OpenBaoPort
	ClusterPort = 8201
	MetricsPort = 8202
)

// Server is the configuration that all servers share. It never initialises a server; only
// SelfInit does, which is a file of its own.
type Server struct {
	UI                  bool                  `json:"ui"`
	ClusterName         string                `json:"cluster_name"`
	LogFormat           string                `json:"log_format"`
	Listener            []map[string]Listener `json:"listener"`
	Storage             map[string]Raft       `json:"storage"`
	Seal                []map[string]CKMS     `json:"seal"`
	ServiceRegistration map[string]struct{}   `json:"service_registration"`
	Audit               []AuditDevice         `json:"audit"`
	Telemetry           map[string]any        `json:"telemetry"`
}

// Listener is a TCP listener with TLS.
type Listener struct {
	Address        string         `json:"address"`
	ClusterAddress string         `json:"cluster_address,omitempty"`
	Certificate    string         `json:"tls_cert_file"`
	Key            string         `json:"tls_key_file"`
	MinVersion     string         `json:"tls_min_version"`
	NoClientCerts  bool           `json:"tls_disable_client_certs"`
	Telemetry      map[string]any `json:"telemetry"`
}

// Raft is the integrated storage.
type Raft struct {
	Path                  string      `json:"path"`
	PerformanceMultiplier int         `json:"performance_multiplier"`
	RetryJoin             []RetryJoin `json:"retry_join"`
}

// RetryJoin is a server to join. OpenBao retries until it succeeds.
type RetryJoin struct {
	Address   string `json:"leader_api_addr"`
	Authority string `json:"leader_ca_cert_file"`
}

// CKMS is the Cloud KMS key that unseals. It has no credentials: OpenBao uses the workload
// identity of its pod.
type CKMS struct {
	Project string `json:"project"`
	Region  string `json:"region"`
	KeyRing string `json:"key_ring"`
	Key     string `json:"crypto_key"`
}

// AuditDevice is a device to which OpenBao logs requests and responses. Type and path are
// keys rather than block labels, because OpenBao's parser unwraps an object with a single
// key.
type AuditDevice struct {
	Type    string            `json:"type"`
	Path    string            `json:"path"`
	Options map[string]string `json:"options"`
}

// Options are the values that a configuration depends on.
type Options struct {
	// ClusterName is OpenBao's cluster_name.
	ClusterName string
	// Peers is the highest possible number of servers. It is not the current number, so
	// that scaling changes no configuration.
	Peers int
	// Host is the DNS name of the server with a given ordinal.
	Host func(ordinal int) string
	// Seal is the unseal key.
	Seal CKMS
}

// New is the configuration that all servers share.
func New(o Options) Server {
	return Server{
		UI:          true,
		ClusterName: o.ClusterName,
		LogFormat:   "json",
		Listener:    []map[string]Listener{{"tcp": api()}, {"tcp": metrics()}},
		Storage: map[string]Raft{"raft": {
			Path:                  DataDir,
			PerformanceMultiplier: 1, // recommended for production; the default is for slow machines
			RetryJoin:             o.peers(),
		}},
		Seal:                []map[string]CKMS{{"gcpckms": o.Seal}},
		ServiceRegistration: map[string]struct{}{"kubernetes": {}},
		// A request succeeds once one device has logged it, so a full volume does not
		// block OpenBao while the other device works.
		Audit: []AuditDevice{
			{Type: "file", Path: "stdout", Options: map[string]string{"file_path": "stdout"}},
			{Type: "file", Path: "volume", Options: map[string]string{"file_path": AuditDir + "/audit.log", "mode": "0600"}},
		},
		Telemetry: map[string]any{"prometheus_retention_time": "24h", "disable_hostname": true},
	}
}

func api() Listener {
	l := listener(APIPort)
	l.ClusterAddress = address(ClusterPort)
	l.Telemetry = map[string]any{"disallow_metrics": true}
	return l
}

// metrics need no authentication; a NetworkPolicy limits who reaches the port.
func metrics() Listener {
	l := listener(MetricsPort)
	l.Telemetry = map[string]any{"metrics_only": true, "unauthenticated_metrics_access": true}
	return l
}

// listener sets the certificate's files: without them OpenBao would use ACME.
func listener(port int) Listener {
	return Listener{
		Address:       address(port),
		Certificate:   TLSDir + "/tls.crt",
		Key:           TLSDir + "/tls.key",
		MinVersion:    "tls12",
		NoClientCerts: true, // no auth method uses them, and browsers would prompt for one
	}
}

func address(port int) string { return fmt.Sprintf("0.0.0.0:%d", port) }

// peers are all servers. A server that finds itself in the list tries the next one.
func (o Options) peers() (peers []RetryJoin) {
	for ordinal := range o.Peers {
		peers = append(peers, RetryJoin{
			Address:   fmt.Sprintf("https://%s:%d", o.Host(ordinal), APIPort),
			Authority: TLSDir + "/ca.crt",
		})
	}
	return peers
}

// JSON marshals a configuration.
func JSON(configuration any) (string, error) {
	text, err := json.MarshalIndent(configuration, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing OpenBao's configuration: %w", err)
	}
	return string(text) + "\n", nil
}
