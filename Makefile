# `make help` lists the targets; `make verify` is what CI runs.

.DEFAULT_GOAL := help
SHELL := /bin/sh
BASTIDE := build/bin/bastide

# -buildvcs=false: in a checkout that belongs to another user, as in a container, Go would
# fail with "error obtaining VCS status". Flags that the user has set, in the environment
# or with `go env -w`, are kept.
#
# -toolexec: only the compiler and the linker run with these variables, and collect no
# garbage below 3 GiB. That saves a quarter of their time. GOMEMLIMIT keeps the largest
# package of Google Cloud's SDK, which would take 5 GB otherwise, within 3 GiB.
export GOFLAGS := $(strip $(shell go env GOFLAGS 2>/dev/null) -buildvcs=false '-toolexec=env GOGC=off GOMEMLIMIT=3GiB')

# ENV counts on the command line only: a variable that the shell happens to export must
# not choose an environment. It is not exported either, because sh runs the file that ENV
# names at start-up.
environment := $(if $(filter command line,$(origin ENV)),$(value ENV))
unexport ENV
# quoted passes a value to bastide as one argument, whatever characters it contains.
quoted = '$(subst ','\'',$(1))'
# typed is the unexpanded value of a variable that is set on the command line.
typed = $(if $(call given,$(1)),$(value $(1)))
given = $(filter command line,$(origin $(1)))
yes = $(filter-out 0 no false,$(1))

.PHONY: help
help: ## List the targets
	@while IFS= read -r line; do case "$$line" in \
		[a-z]*:*'## '*) printf '  %-12s %s\n' "$${line%%:*}" "$${line##*## }";; \
	esac; done < Makefile

.PHONY: rehearse
rehearse: $(BASTIDE) ## Bring an environment up on this machine, without a cloud [ENV=dev, or one of tests/environments] [DESTROY=1: also down, and up again] [KEEP=1: leave the cluster running]
	@$(BASTIDE) rehearse --env $(call quoted,$(or $(environment),dev)) $(if $(call yes,$(DESTROY)),--destroy) $(if $(call yes,$(KEEP)),--keep)

.PHONY: test
test: tools build/bin/actionlint build/bin/gitleaks ## Run all tests
	go test -timeout 20m ./...

.PHONY: browser
browser: ## Install Chromium, which a test of the report needs, if that is possible unattended (as root on Debian)
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium >/dev/null; \
	else echo 'Chromium is not installed, and can only be installed by root on Debian; tests/browser will be skipped'; fi

.PHONY: lint
lint: build/bin/golangci-lint build/bin/actionlint ## Run the linters
	build/bin/golangci-lint run ./...
	build/bin/actionlint

.PHONY: secrets
secrets: build/bin/gitleaks ## Search the whole history for secrets
	@if output=$$(LC_ALL=C git rev-parse --git-dir 2>&1); \
		then build/bin/gitleaks git --no-banner --redact --verbose .; \
	else case $$output in \
		*'not a git repository'*) echo 'secrets: this is not a git repository, so there is no history to search';; \
		*) printf '%s\n' "$$output" >&2; exit 1;; \
	esac; fi

.PHONY: hooks
hooks: build/bin/gitleaks ## Install a hook that searches each commit in this clone for secrets
	@git rev-parse --git-dir > /dev/null # fails with git's own message outside a repository
	git config core.hooksPath .githooks

.PHONY: verify
verify: lint secrets test ## Run everything that CI runs

.PHONY: update
update: ## Regenerate what is derived: lists of admission rules, tables and the picture in README.md and docs/, resource counts, the network matrix
	@go run ./internal/rehearsal/googlecloud/trim -up-to-date || go generate ./internal/rehearsal/googlecloud
	go test ./components/guardrails/admission -update # first, because it writes Go code that the others use
	go test ./tests/controls ./components/guardrails/sizes ./tests/inventory ./tests/network ./tests/refusals ./tests/docs ./tests/browser ./internal/live -update

.PHONY: plan
plan: $(BASTIDE) ## Show what an environment would contain, ENV=... [AGAINST=main: what this branch would change in it]
	@$(BASTIDE) plan $(if $(call given,AGAINST),--against $(call quoted,$(call typed,AGAINST))) -- $(call quoted,$(environment))

.PHONY: fork
fork: $(BASTIDE) ## Create the settings of a new environment, ENV=... PROJECT=... [FROM=dev] [CIDR=10.80.0.0/16]
	@$(BASTIDE) fork --from $(call quoted,$(or $(call typed,FROM),dev)) --project $(call quoted,$(call typed,PROJECT)) \
		$(if $(call typed,CIDR),--network-cidr $(call quoted,$(call typed,CIDR))) -- $(call quoted,$(environment))

.PHONY: doctor
doctor: $(BASTIDE) ## Check for what would make an `up` fail, ENV=... [ADDRESS=198.51.100.7: is it in the admin ranges?]
	@$(BASTIDE) doctor $(if $(call typed,ADDRESS),--address $(call quoted,$(call typed,ADDRESS))) -- $(call quoted,$(environment))

.PHONY: policies
policies: $(BASTIDE) ## Build the policy pack, for --policy-pack build/policies/bastide
	@$(BASTIDE) policies

.PHONY: images
images: $(BASTIDE) ## Compare the pinned image digests with their registries [ENV=...]
	@$(BASTIDE) images --env $(call quoted,$(environment))

.PHONY: cost
cost: $(BASTIDE) ## Estimate what an environment costs per month, ENV=...
	@$(BASTIDE) cost --env $(call quoted,$(environment))

.PHONY: bench
bench: ## Measure how long builds, tests and rehearsals take [COLD=1: also a clone with empty caches, half an hour]
	@go run ./internal/bench $(if $(call yes,$(COLD)),-cold)

.PHONY: live
live: $(BASTIDE) ## Check a running environment against the controls, read-only, ENV=...
	@$(BASTIDE) verify --env $(call quoted,$(environment))

.PHONY: drift
drift: $(BASTIDE) ## Show what was changed outside of Pulumi, ENV=...
	@$(BASTIDE) drift --env $(call quoted,$(environment))

# Real environments. ENV has no default, so that nothing changes a cloud by accident.
.PHONY: preview up destroy
preview: ## Preview a real environment, ENV=...
up: ## Bring a real environment up, ENV=...
destroy: ## Take a real environment down, ENV=...
preview up destroy: $(BASTIDE)
	@$(BASTIDE) $@ --env $(call quoted,$(environment))

.PHONY: clean
clean: ## Remove build outputs; the state of real environments is kept
	rm -rf build

# Phony, because Go decides whether anything has to be built. internal/cmd/build reports
# progress.
.PHONY: $(BASTIDE)
$(BASTIDE):
	@$(first) go run ./internal/cmd/build helper

.PHONY: tools
tools: ## Build the programs that rehearsals and tests run, if they are missing
	@$(first) go run ./internal/cmd/build all

# internal/cmd/build can't report its own compilation.
first = [ -e $(BASTIDE) ] || echo 'compiling; the first time takes minutes';

build/bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@echo 'building golangci-lint; the first time takes a few minutes'
	go build -C tools/lint -ldflags '-s -w' -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

build/bin/actionlint: tools/actions/go.mod tools/actions/go.sum
	go build -C tools/actions -ldflags '-s -w' -o $(CURDIR)/$@ github.com/rhysd/actionlint/cmd/actionlint

build/bin/gitleaks: tools/secrets/go.mod tools/secrets/go.sum
	go build -C tools/secrets -ldflags '-s -w' -o $(CURDIR)/$@ github.com/zricethezav/gitleaks/v8
