# What can be done here. `make help` lists it; `make verify` is what CI runs.

.DEFAULT_GOAL := help
SHELL := /bin/sh
BASTIDE := build/bin/bastide

# No commit goes into what is built: in a checkout that belongs to another user, as in
# a container, Go would end with "error obtaining VCS status". What the user has set
# stays, by the shell as by `go env -w`.
#
# The compiler and the linker, and nothing else, collect no garbage before they need 3
# GiB. That saves a quarter of their time, and the largest package of Google Cloud's SDK,
# which would take 5 GB otherwise, makes do with it.
export GOFLAGS := $(strip $(shell go env GOFLAGS 2>/dev/null) -buildvcs=false '-toolexec=env GOGC=off GOMEMLIMIT=3GiB')

# ENV counts on the command line only: one that a shell happens to export must
# choose no environment, and sh takes an ENV for the name of a start-up file.
environment := $(if $(filter command line,$(origin ENV)),$(value ENV))
unexport ENV
# What was typed reaches the helper as one word, whatever it holds.
quoted = '$(subst ','\'',$(1))'
# Other words count on the command line only, too, and stay what they are.
typed = $(if $(call given,$(1)),$(value $(1)))
given = $(filter command line,$(origin $(1)))
yes = $(filter-out 0 no false,$(1))

.PHONY: help
help: ## List the targets
	@while IFS= read -r line; do case "$$line" in \
		[a-z]*:*'## '*) printf '  %-12s %s\n' "$${line%%:*}" "$${line##*## }";; \
	esac; done < Makefile

.PHONY: rehearse
rehearse: $(BASTIDE) ## Bring an environment up on this machine [ENV=dev, or one of tests/environments] [DESTROY=1: and down, and up again] [KEEP=1: leave the cluster running]
	@$(BASTIDE) rehearse --env $(call quoted,$(or $(environment),dev)) $(if $(call yes,$(DESTROY)),--destroy) $(if $(call yes,$(KEEP)),--keep)

.PHONY: test
test: tools build/bin/actionlint build/bin/gitleaks ## Run every test
	go test -timeout 20m ./...

.PHONY: browser
browser: ## Install Chromium, in which a test looks at the report, where that needs no question (root on Debian)
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium >/dev/null; \
	else echo 'there is no Chromium, and nobody who may install it; tests/browser will be skipped'; fi

.PHONY: lint
lint: build/bin/golangci-lint build/bin/actionlint ## Run the linters
	build/bin/golangci-lint run ./...
	build/bin/actionlint

.PHONY: secrets
secrets: build/bin/gitleaks ## Look for secrets in what was ever committed
	@if said=$$(LC_ALL=C git rev-parse --git-dir 2>&1); \
		then build/bin/gitleaks git --no-banner --redact --verbose .; \
	else case $$said in \
		*'not a git repository'*) echo 'secrets: this is no git repository, so nothing was committed';; \
		*) printf '%s\n' "$$said" >&2; exit 1;; \
	esac; fi

.PHONY: hooks
hooks: build/bin/gitleaks ## Look for secrets before every commit in this clone
	@git rev-parse --git-dir > /dev/null # which says it, if git reads no repository here
	git config core.hooksPath .githooks

.PHONY: verify
verify: lint secrets test ## Run all that CI runs

.PHONY: update
update: ## Regenerate the lists of admission rules, the tables and the picture in README.md and docs/, the counts of resources, the network matrix
	@go run ./internal/rehearsal/googlecloud/trim -up-to-date || go generate ./internal/rehearsal/googlecloud
	go test ./components/guardrails/admission -update # before the others, since it writes Go code
	go test ./tests/controls ./components/guardrails/sizes ./tests/inventory ./tests/network ./tests/refusals ./tests/docs ./tests/browser ./internal/live -update

.PHONY: plan
plan: $(BASTIDE) ## Tell what an environment would hold, ENV=... [AGAINST=main: what this branch changes in it]
	@$(BASTIDE) plan $(if $(call given,AGAINST),--against $(call quoted,$(call typed,AGAINST))) -- $(call quoted,$(environment))

.PHONY: fork
fork: $(BASTIDE) ## Begin a new environment, ENV=... PROJECT=... [FROM=dev] [CIDR=10.80.0.0/16]
	@$(BASTIDE) fork --from $(call quoted,$(or $(call typed,FROM),dev)) --project $(call quoted,$(call typed,PROJECT)) \
		$(if $(call typed,CIDR),--network-cidr $(call quoted,$(call typed,CIDR))) -- $(call quoted,$(environment))

.PHONY: doctor
doctor: $(BASTIDE) ## Look for what would stop an `up`, ENV=... [ADDRESS=198.51.100.7: is it among the admin ranges?]
	@$(BASTIDE) doctor $(if $(call typed,ADDRESS),--address $(call quoted,$(call typed,ADDRESS))) -- $(call quoted,$(environment))

.PHONY: policies
policies: $(BASTIDE) ## Build the policy pack, for --policy-pack build/policies/bastide
	@$(BASTIDE) policies

.PHONY: images
images: $(BASTIDE) ## Compare the pinned image digests with their registries [ENV=...]
	@$(BASTIDE) images --env $(call quoted,$(environment))

.PHONY: cost
cost: $(BASTIDE) ## Estimate what an environment costs in a month, ENV=...
	@$(BASTIDE) cost --env $(call quoted,$(environment))

.PHONY: bench
bench: ## Measure what one waits for, as ratios and counts [COLD=1: and a clone with empty caches, half an hour]
	@go run ./internal/bench $(if $(call yes,$(COLD)),-cold)

.PHONY: live
live: $(BASTIDE) ## Hold a running environment against the controls, and change nothing, ENV=...
	@$(BASTIDE) verify --env $(call quoted,$(environment))

.PHONY: drift
drift: $(BASTIDE) ## Tell what was changed behind the program's back, ENV=...
	@$(BASTIDE) drift --env $(call quoted,$(environment))

# The real thing. ENV has no default: nothing touches a cloud by accident.
.PHONY: preview up destroy
preview: ## Preview a real environment, ENV=...
up: ## Bring a real environment up, ENV=...
destroy: ## Take a real environment down, ENV=...
preview up destroy: $(BASTIDE)
	@$(BASTIDE) $@ --env $(call quoted,$(environment))

.PHONY: clean
clean: ## Remove what was built; the state of real environments stays
	rm -rf build

# Go decides whether anything has to be built, and internal/cmd/build says how far it is.
.PHONY: $(BASTIDE)
$(BASTIDE):
	@$(first) go run ./internal/cmd/build helper

.PHONY: tools
tools: ## Build what rehearsals and tests run, if it is not there
	@$(first) go run ./internal/cmd/build all

# Before the first line of internal/cmd/build, it has to be compiled itself.
first = [ -e $(BASTIDE) ] || echo 'compiling; the first time takes minutes';

build/bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@echo 'building golangci-lint; the first time takes a few minutes'
	go build -C tools/lint -ldflags '-s -w' -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

build/bin/actionlint: tools/actions/go.mod tools/actions/go.sum
	go build -C tools/actions -ldflags '-s -w' -o $(CURDIR)/$@ github.com/rhysd/actionlint/cmd/actionlint

build/bin/gitleaks: tools/secrets/go.mod tools/secrets/go.sum
	go build -C tools/secrets -ldflags '-s -w' -o $(CURDIR)/$@ github.com/zricethezav/gitleaks/v8
