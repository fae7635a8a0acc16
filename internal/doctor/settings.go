package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"bastide/environment"
	"bastide/environment/stackfile"
	"bastide/internal/rehearsal/engine"
)

// load reads the settings as the program would. What is encrypted is decrypted, in
// memory, if the passphrase is at hand; else something stands in for it.
func (p *patient) load() (err error) {
	p.settings, p.values, err = engine.Load(p.Root, p.Environment, p.file)
	p.unlocked = p.values != nil
	p.decrypted = p.unlocked || len(p.file.Encrypted()) == 0
	if !p.unlocked {
		p.values = p.file.Settings
	}
	if errors.As(err, new(environment.Problems)) {
		p.problems, err = err, nil
	}
	return err
}

func lookAtSettings(_ context.Context, p *patient) Report {
	if p.problems != nil {
		return found(Finding{What: p.problems.Error(), Why: "the program refuses them, before anything is done", Remedy: "what stands beside each of them", Blocks: true})
	}
	var findings []Finding
	if p.rehearsed() {
		findings = append(findings, Finding{
			What: "bastide:rehearsal is true", Why: "such an environment is never brought up, and `make up` refuses it",
			Remedy: "bastide fork NAME --from " + p.Environment + " --project PROJECT", Blocks: true,
		})
	}
	if !p.settings.Protected {
		findings = append(findings, Finding{
			What: "bastide:deletionProtection is false", Why: "a mistaken `pulumi destroy` takes everything, keys included",
			Remedy: environment.Command("pulumi", "config", "set", "--stack", p.Environment, "bastide:deletionProtection", "true"),
		})
	}
	if len(findings) > 0 {
		return found(findings...)
	}
	seen := "all of them are valid"
	if !p.decrypted {
		seen += "; those that are encrypted were not looked at"
	}
	return Report{Seen: seen}
}

func lookAtOthers(_ context.Context, p *patient) Report {
	if err := stackfile.Disjoint(p.Root); err != nil {
		return found(Finding{
			What: err.Error(), Why: "two environments would fight over what only one can have",
			Remedy: "what stands beside each of them, before the first up: neither changes later", Blocks: true,
		})
	}
	return Report{Seen: fmt.Sprintf("projects and network blocks of %s are each one's own", strings.Join(stackfile.Environments(p.Root), ", "))}
}

// enough is how many characters a passphrase should have.
const enough = 20

func lookAtPassphrase(_ context.Context, p *patient) Report {
	const set = "export PULUMI_CONFIG_PASSPHRASE_FILE=..."
	if provider := p.file.Provider; provider != "" && provider != "passphrase" {
		return Report{Skipped: "the secrets provider is " + provider}
	}
	passphrase, given, err := engine.UsersPassphrase()
	switch {
	case err != nil:
		return found(Finding{What: err.Error(), Why: "nothing can be decrypted without it", Remedy: set, Blocks: true})
	case !given:
		return Report{Skipped: "neither PULUMI_CONFIG_PASSPHRASE nor PULUMI_CONFIG_PASSPHRASE_FILE is set; pulumi would ask for it"}
	case p.file.Salt == "":
		return Report{Skipped: stackfile.Name(p.Environment) + " has no salt yet; `pulumi stack init` writes one"}
	case !p.unlocked:
		return found(Finding{
			What: "the passphrase that is set is not that of " + p.Environment, Why: "nothing can be decrypted with it; each environment should have its own",
			Remedy: set, Blocks: true,
		})
	case passphrase == engine.Passphrase:
		return found(Finding{
			What: "the passphrase is the one that everybody knows, of rehearsals", Why: "whoever reads the repository reads the secrets",
			Remedy: "pulumi stack change-secrets-provider passphrase --stack " + p.Environment,
		})
	case len(passphrase) < enough:
		return found(Finding{
			What: fmt.Sprintf("the passphrase has fewer than %d characters", enough), Why: "whoever gets hold of state or settings can guess at it for ever",
			Remedy: "pulumi stack change-secrets-provider passphrase --stack " + p.Environment,
		})
	}
	return Report{Seen: "it opens the environment's secrets"}
}
