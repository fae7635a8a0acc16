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

// state is what the backend holds of an environment. Secrets stay encrypted in it.
type state struct {
	// absent tells that the backend has no such stack; err that it could not be asked.
	absent    bool
	err       error
	resources []apitype.ResourceV3
}

// up tells whether anything of the environment exists.
func (s state) up() bool { return len(s.resources) > 1 }

func readState(ctx context.Context, p *patient) state {
	said, err := p.tools.say(ctx, "pulumi", "stack", "export", "--non-interactive", "--stack", p.Environment)
	if err != nil {
		return state{err: err, absent: strings.Contains(err.Error(), "no stack named")}
	}
	var exported struct{ Deployment apitype.DeploymentV3 }
	if err := json.Unmarshal([]byte(said), &exported); err != nil {
		return state{err: fmt.Errorf("reading the state: %w", err)}
	}
	return state{resources: exported.Deployment.Resources}
}

func lookAtBackend(ctx context.Context, p *patient) Report {
	said, err := p.tools.say(ctx, "pulumi", "whoami", "--verbose", "--json", "--non-interactive")
	switch {
	case errors.Is(err, errAbsent):
		return Report{Skipped: err.Error()}
	case err != nil:
		return found(Finding{What: err.Error(), Why: "state is kept there; PULUMI_BACKEND_URL=gs://BUCKET names a bucket", Remedy: "pulumi login", Blocks: true})
	}
	var who struct{ User, URL string }
	if err := json.Unmarshal([]byte(said), &who); err != nil {
		return Report{Skipped: "what pulumi whoami says can't be read"}
	}
	return Report{Seen: who.URL + ", as " + who.User}
}

func lookAtStack(_ context.Context, p *patient) Report {
	switch {
	case p.state.absent:
		return found(Finding{
			What: "the backend has no stack " + p.Environment, Why: "an `up` needs one to write to; if it should have one, look at the backend above first",
			Remedy: environment.Command("pulumi", "stack", "init", p.Environment), Blocks: true,
		})
	case p.state.err != nil:
		return Report{Skipped: p.state.err.Error()}
	}
	return Report{Seen: fmt.Sprintf("%d resources in state", len(p.state.resources))}
}

// renewal is how long before its end a certificate is renewed by an `up`, as
// components/openbao asks for it.
const renewal = 90 * 24 * time.Hour

func lookAtCertificates(_ context.Context, p *patient) Report {
	if !p.state.up() {
		return Report{Skipped: "there is nothing of the environment in state"}
	}
	var findings []Finding
	seen, now := 0, p.Now()
	for _, r := range p.state.resources {
		if !slices.Contains([]string{"tls:index/locallySignedCert:LocallySignedCert", "tls:index/selfSignedCert:SelfSignedCert"}, string(r.Type)) {
			continue
		}
		text, _ := r.Outputs["validityEndTime"].(string)
		end, err := time.Parse(time.RFC3339, text)
		if err != nil {
			continue
		}
		seen++
		remedy := environment.Command("make", "up", "ENV="+p.Environment)
		switch {
		case !now.Before(end):
			findings = append(findings, Finding{
				What: fmt.Sprintf("the certificate %s ended on %s", r.URN.Name(), end.Format(time.DateOnly)), Why: "OpenBao's clients refuse it; an `up` makes a new one, and docs/openbao.md tells how servers take it up",
				Remedy: remedy,
			})
		case end.Sub(now) < renewal:
			findings = append(findings, Finding{
				What: fmt.Sprintf("the certificate %s ends on %s", r.URN.Name(), end.Format(time.DateOnly)), Why: "an `up` from now on renews it, and none does it by itself",
				Remedy: remedy,
			})
		}
	}
	switch {
	case len(findings) > 0:
		return found(findings...)
	case seen == 0:
		return Report{Skipped: "no certificate in state tells when it ends"}
	}
	return Report{Seen: fmt.Sprintf("%d, none of which ends within %d days", seen, int(renewal.Hours()/24))}
}

func lookAtBootstrap(_ context.Context, p *patient) Report {
	if p.settings == nil || p.state.err != nil && !p.state.absent {
		return Report{Skipped: "the settings or the state could not be read"}
	}
	running := slices.ContainsFunc(p.state.resources, func(r apitype.ResourceV3) bool {
		return strings.HasSuffix(string(r.Type), ":StatefulSet")
	})
	set := environment.Command("pulumi", "config", "set", "--stack", p.Environment, "bastide:openbaoBootstrap") + " "
	switch bootstrap := p.settings.OpenBao.Bootstrap; {
	case running && bootstrap:
		return found(Finding{
			What: "bastide:openbaoBootstrap is still true, and OpenBao is there", Why: "a server that lost its volume could begin an empty OpenBao of its own",
			Remedy: set + "false && " + environment.Command("make", "up", "ENV="+p.Environment),
		})
	case !running && !bootstrap:
		return found(Finding{
			What: "bastide:openbaoBootstrap is false, and OpenBao is not there yet", Why: "no server initialises itself, and the first `up` waits for them in vain",
			Remedy: set + "true", Blocks: true,
		})
	}
	return Report{Seen: "openbaoBootstrap is as it should be"}
}
