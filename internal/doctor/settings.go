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

// load reads the settings as the program would. Encrypted settings are decrypted, in
// memory, if the passphrase is set; otherwise they get placeholders.
func (x *examination) load() (err error) {
	x.settings, x.values, err = engine.Load(x.Root, x.Environment, x.file)
	x.unlocked = x.values != nil
	x.decrypted = x.unlocked || len(x.file.Encrypted()) == 0
	if !x.unlocked {
		x.values = x.file.Settings
	}
	if errors.As(err, new(environment.Problems)) {
		x.problems, err = err, nil
	}
	return err
}

func checkSettings(_ context.Context, x *examination) Report {
	if x.problems != nil {
		return found(Finding{What: x.problems.Error(), Why: "the program rejects these settings before it changes anything", Remedy: "the command given with each problem", Blocks: true})
	}
	var findings []Finding
	if x.rehearsed() {
		findings = append(findings, Finding{
			What: "bastide:rehearsal is true", Why: "such an environment is never brought up; `make up` refuses it",
			Remedy: "bastide fork NAME --from " + x.Environment + " --project PROJECT", Blocks: true,
		})
	}
	if !x.settings.Protected {
		findings = append(findings, Finding{
			What: "bastide:deletionProtection is false", Why: "a mistaken `pulumi destroy` deletes everything, keys included",
			Remedy: environment.Command("pulumi", "config", "set", "--stack", x.Environment, "bastide:deletionProtection", "true"),
		})
	}
	if len(findings) > 0 {
		return found(findings...)
	}
	seen := "all settings are valid"
	if !x.decrypted {
		seen += "; encrypted settings were not checked"
	}
	return Report{Seen: seen}
}

func checkOthers(_ context.Context, x *examination) Report {
	if err := stackfile.Disjoint(x.Root); err != nil {
		return found(Finding{
			What: err.Error(), Why: "two environments can't share a project or have overlapping network blocks",
			Remedy: "the command given with each problem, before the first up: project and network block can't be changed later", Blocks: true,
		})
	}
	return Report{Seen: fmt.Sprintf("no two of %s share a project or have overlapping network blocks", strings.Join(stackfile.Environments(x.Root), ", "))}
}

// minPassphrase is how many characters a passphrase should have.
const minPassphrase = 20

func checkPassphrase(_ context.Context, x *examination) Report {
	const set = "export PULUMI_CONFIG_PASSPHRASE_FILE=..."
	if provider := x.file.Provider; provider != "" && provider != "passphrase" {
		return Report{Skipped: "the secrets provider is " + provider}
	}
	passphrase, given, err := engine.UsersPassphrase()
	switch {
	case err != nil:
		return found(Finding{What: err.Error(), Why: "nothing can be decrypted without it", Remedy: set, Blocks: true})
	case !given:
		return Report{Skipped: "neither PULUMI_CONFIG_PASSPHRASE nor PULUMI_CONFIG_PASSPHRASE_FILE is set; pulumi would ask for it"}
	case x.file.Salt == "":
		return Report{Skipped: stackfile.Name(x.Environment) + " has no salt yet; `pulumi stack init` writes one"}
	case !x.unlocked:
		return found(Finding{
			What: "the passphrase that is set is not the one of " + x.Environment, Why: "nothing can be decrypted with it; each environment should have its own",
			Remedy: set, Blocks: true,
		})
	case passphrase == engine.Passphrase:
		return found(Finding{
			What: "the passphrase is the public one of rehearsals", Why: "anyone who can read the repository can decrypt the secrets",
			Remedy: "pulumi stack change-secrets-provider passphrase --stack " + x.Environment,
		})
	case len(passphrase) < minPassphrase:
		return found(Finding{
			What: fmt.Sprintf("the passphrase has fewer than %d characters", minPassphrase), Why: "anyone who gets hold of the state or the settings can guess the passphrase offline",
			Remedy: "pulumi stack change-secrets-provider passphrase --stack " + x.Environment,
		})
	}
	return Report{Seen: "it decrypts the environment's secrets"}
}
