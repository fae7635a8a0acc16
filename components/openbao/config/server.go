// Package config is OpenBao's configuration as Go values. It is written as JSON,
// which OpenBao reads wherever it reads HCL; no text is put together by hand, so
// no name can break out of its place.
//
// It is plain Go: no resource is made here. Keys are those of OpenBao 2.6,
// website/content/docs/configuration.
package config

import (
	"encoding/json"
	"fmt"

	"bastide/environment"
)

// Where the servers' files are. The same paths are mount points of the pods.
const (
	// ConfigDir holds the configuration that all servers share.
	ConfigDir = "/openbao/config"
	// BootstrapDir holds what initialises the first server, and is empty
	// everywhere else.
	BootstrapDir = "/openbao/bootstrap"
	// DataDir is the raft storage's volume.
	DataDir = "/openbao/data"
	// AuditDir is the volume of the audit log.
	AuditDir = "/openbao/audit"
	// TLSDir holds tls.crt, tls.key and ca.crt.
	TLSDir = "/openbao/tls"
)

// The ports. Metrics have one of their own, so that whoever reads them reaches
// nothing else.
const (
	APIPort     = environment.OpenBaoPort
	ClusterPort = 8201
	MetricsPort = 8202
)

// Server is what all servers share. It never initialises anything: SelfInit
// does, and is kept apart.
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

// RetryJoin is a server to join, tried again and again.
type RetryJoin struct {
	Address   string `json:"leader_api_addr"`
	Authority string `json:"leader_ca_cert_file"`
}

// CKMS is the key that unseals. There are no credentials: OpenBao takes those
// of its Kubernetes service account.
type CKMS struct {
	Project string `json:"project"`
	Region  string `json:"region"`
	KeyRing string `json:"key_ring"`
	Key     string `json:"crypto_key"`
}

// AuditDevice is where requests and answers are written down. Type and path are
// keys here, not labels: OpenBao's parser takes an object with a single key apart.
type AuditDevice struct {
	Type    string            `json:"type"`
	Path    string            `json:"path"`
	Options map[string]string `json:"options"`
}

// Options is what a configuration depends on.
type Options struct {
	// ClusterName is what OpenBao calls itself.
	ClusterName string
	// Peers is how many servers there may ever be. It does not follow the number
	// of those that there are, so that scaling changes no configuration.
	Peers int
	// Host is the DNS name of the server with an ordinal.
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
			PerformanceMultiplier: 1, // what production asks for; the default is for slow machines
			RetryJoin:             o.peers(),
		}},
		Seal:                []map[string]CKMS{{"gcpckms": o.Seal}},
		ServiceRegistration: map[string]struct{}{"kubernetes": {}},
		// A request goes through as soon as one device has written it, so a full
		// volume stops nothing while the other device works.
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

// metrics are open to whoever reaches the port; a NetworkPolicy says who does.
func metrics() Listener {
	l := listener(MetricsPort)
	l.Telemetry = map[string]any{"metrics_only": true, "unauthenticated_metrics_access": true}
	return l
}

// listener names its certificate: without one OpenBao would ask Let's Encrypt.
func listener(port int) Listener {
	return Listener{
		Address:       address(port),
		Certificate:   TLSDir + "/tls.crt",
		Key:           TLSDir + "/tls.key",
		MinVersion:    "tls12",
		NoClientCerts: true, // nobody logs in with one, and browsers would ask for it
	}
}

func address(port int) string { return fmt.Sprintf("0.0.0.0:%d", port) }

// peers are all servers; one that finds itself among them goes on to the next.
func (o Options) peers() (peers []RetryJoin) {
	for ordinal := range o.Peers {
		peers = append(peers, RetryJoin{
			Address:   fmt.Sprintf("https://%s:%d", o.Host(ordinal), APIPort),
			Authority: TLSDir + "/ca.crt",
		})
	}
	return peers
}

// JSON writes a configuration.
func JSON(configuration any) (string, error) {
	text, err := json.MarshalIndent(configuration, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing OpenBao's configuration: %w", err)
	}
	return string(text) + "\n", nil
}
