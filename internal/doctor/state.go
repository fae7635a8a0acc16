package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"bastide/environment"
)

// state is an environment's state in the backend. Secrets stay encrypted in it.
type state struct {
	// absent is true if the backend has no such stack; err is why the state could not be read.
	absent    bool
	err       error
	resources []apitype.ResourceV3
}

// up reports whether any resource of the environment exists besides the stack itself.
func (s state) up() bool { return len(s.resources) > 1 }

func readState(ctx context.Context, x *examination) state {
	said, err := x.tools.output(ctx, "pulumi", "stack", "export", "--non-interactive", "--stack", x.Environment)
	if err != nil {
		return state{err: err, absent: strings.Contains(err.Error(), "no stack named")}
	}
	var exported struct{ Deployment apitype.DeploymentV3 }
	if err := json.Unmarshal([]byte(said), &exported); err != nil {
		return state{err: fmt.Errorf("reading the state: %w", err)}
	}
	return state{resources: exported.Deployment.Resources}
}

func checkBackend(ctx context.Context, x *examination) Report {
	said, err := x.tools.output(ctx, "pulumi", "whoami", "--verbose", "--json", "--non-interactive")
	switch {
	case errors.Is(err, errAbsent):
		return Report{Skipped: err.Error()}
	case err != nil:
		return found(Finding{What: err.Error(), Why: "the backend keeps the state; PULUMI_BACKEND_URL=gs://BUCKET selects a bucket", Remedy: "pulumi login", Blocks: true})
	}
	var who struct{ User, URL string }
	if err := json.Unmarshal([]byte(said), &who); err != nil {
		return Report{Skipped: "the output of `pulumi whoami` could not be parsed"}
	}
	return Report{Seen: who.URL + ", as " + who.User}
}

func checkStack(_ context.Context, x *examination) Report {
	switch {
	case x.state.absent:
		return found(Finding{
			What: "the backend has no stack " + x.Environment, Why: "an `up` writes to a stack; if the stack should exist, first check that the backend above is the right one",
			Remedy: environment.Command("pulumi", "stack", "init", x.Environment), Blocks: true,
		})
	case x.state.err != nil:
		return Report{Skipped: x.state.err.Error()}
	}
	return Report{Seen: fmt.Sprintf("%d resources in state", len(x.state.resources))}
}

// renewal is how long before its expiry an `up` renews a certificate; components/openbao
// sets it.
const renewal = 90 * 24 * time.Hour

func checkCertificates(_ context.Context, x *examination) Report {
	if !x.state.up() {
		return Report{Skipped: "the state has no resources of the environment"}
	}
	var findings []Finding
	seen, now := 0, x.Now()
	for _, r := range x.state.resources {
		if !slices.Contains([]string{"tls:index/locallySignedCert:LocallySignedCert", "tls:index/selfSignedCert:SelfSignedCert"}, string(r.Type)) {
			continue
		}
		text, _ := r.Outputs["validityEndTime"].(string)
		end, err := time.Parse(time.RFC3339, text)
		if err != nil {
			continue
		}
		seen++
		remedy := environment.Command("make", "up", "ENV="+x.Environment)
		switch {
		case !now.Before(end):
			findings = append(findings, Finding{
				What: fmt.Sprintf("the certificate %s expired on %s", r.URN.Name(), end.Format(time.DateOnly)), Why: "OpenBao's clients reject it; an `up` issues a new one, and docs/openbao.md says how the servers load it",
				Remedy: remedy,
			})
		case end.Sub(now) < renewal:
			findings = append(findings, Finding{
				What: fmt.Sprintf("the certificate %s expires on %s", r.URN.Name(), end.Format(time.DateOnly)), Why: "the next `up` renews it; nothing else does",
				Remedy: remedy,
			})
		}
	}
	switch {
	case len(findings) > 0:
		return found(findings...)
	case seen == 0:
		return Report{Skipped: "no certificate in the state has an expiry date"}
	}
	return Report{Seen: fmt.Sprintf("%d certificates, none of which expires within %d days", seen, int(renewal.Hours()/24))}
}

func checkBootstrap(_ context.Context, x *examination) Report {
	if x.settings == nil || x.state.err != nil && !x.state.absent {
		return Report{Skipped: "the settings or the state could not be read"}
	}
	running := slices.ContainsFunc(x.state.resources, func(r apitype.ResourceV3) bool {
		return strings.HasSuffix(string(r.Type), ":StatefulSet")
	})
	set := environment.Command("pulumi", "config", "set", "--stack", x.Environment, "bastide:openbaoBootstrap") + " "
	switch bootstrap := x.settings.OpenBao.Bootstrap; {
	case running && bootstrap:
		return found(Finding{
			What: "bastide:openbaoBootstrap is still true, although OpenBao exists", Why: "a server that lost its volume could initialise a new, empty OpenBao",
			Remedy: set + "false && " + environment.Command("make", "up", "ENV="+x.Environment),
		})
	case !running && !bootstrap:
		return found(Finding{
			What: "bastide:openbaoBootstrap is false, and OpenBao does not exist yet", Why: "no server initialises OpenBao, so the first `up` waits until it times out",
			Remedy: set + "true", Blocks: true,
		})
	}
	return Report{Seen: "openbaoBootstrap has the right value"}
}
