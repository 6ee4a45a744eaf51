# What is built, tested, generated and checked. `make` alone lists it.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --warn-undefined-variables
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

GO ?= go
BIN := $(CURDIR)/bin
TOOLS := $(BIN)/tools
KUBECTL ?= $(shell command -v kubectl || echo $(BIN)/k8s/kubectl)

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X github.com/tribune-dev/tribune/internal/cli.version=$(VERSION)

# For more arguments to go test, as in: make test TESTFLAGS='-run TestPost -v'
TESTFLAGS ?=
PACKAGES ?= ./...
TEST_TIMEOUT ?= 20m
TEST_ALL_TIMEOUT ?= 120m
# How long each fuzz test runs.
FUZZTIME ?= 60s
# For other arguments to the benchmarks.
BENCHFLAGS ?=

# Everything that `make generate` writes, and nothing that people write.
GENERATED := ':(glob)api/**/zz_generated.*.go' api/v1alpha1/applyconfiguration config/crd/bases config/rbac/role.yaml \
	docs/reference dist

##@ Use

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-zA-Z0-9_-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## Build bin/tribune, and bin/kubectl-tribune for kubectl tribune
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/tribune ./cmd/tribune
	@ln -sf tribune $(BIN)/kubectl-tribune

.PHONY: run
run: build controlplane ## Start Tribune with a control plane and the built-in network, and publish a first post
	$(BIN)/tribune up

.PHONY: controlplane
controlplane: ## Put etcd, kube-apiserver and kubectl into bin/k8s (the first time: minutes)
	@GO='$(GO)' hack/controlplane/build.sh

.PHONY: pds
pds: $(BIN)/pds/node_modules/.installed ## Put a real Bluesky server for tests into bin/pds (the first time: minutes)

$(BIN)/pds/node_modules/.installed: test/pds/package.json test/pds/package-lock.json
	@if ! command -v npm >/dev/null; then \
		echo "make pds needs Node.js 20 or later (https://nodejs.org); tests on a real Bluesky server are skipped"; exit 0; fi; \
	mkdir -p $(BIN)/pds && cp $^ $(BIN)/pds/ && npm --prefix $(BIN)/pds ci --no-audit --no-fund && touch $@

.PHONY: wordpress
wordpress: $(BIN)/wordpress/.installed ## Put a real WordPress with PHP and MariaDB for tests into bin/wordpress (the first time: a minute)

$(BIN)/wordpress/.installed: test/wordpress/install.sh test/wordpress/wp-config.php
	@test/wordpress/install.sh $(BIN)/wordpress

.PHONY: ghost
ghost: $(BIN)/ghost/node_modules/.installed ## Put a real Ghost server for tests into bin/ghost (the first time: 6 minutes and more)

$(BIN)/ghost/node_modules/.installed: test/ghost/install.sh test/ghost/package.json test/ghost/package-lock.json
	@test/ghost/install.sh $(BIN)/ghost

##@ Test

.PHONY: test
test: controlplane ## Run the tests; what needs minutes or other servers is skipped and says so
	KUBEBUILDER_ASSETS=$(BIN)/k8s $(GO) test -timeout $(TEST_TIMEOUT) $(TESTFLAGS) $(PACKAGES)
	@$(MAKE) --no-print-directory conformance

.PHONY: conformance
conformance: ## Run the public suites of twitter-text, and print how many cases there were
	@$(GO) test -run '^TestTwitter' -v ./internal/compose | grep '^twitter-text'

.PHONY: test-all
test-all: controlplane pds wordpress ghost ## Run all tests, those that need minutes or other servers too, and each fuzz test for a minute
	KUBEBUILDER_ASSETS=$(BIN)/k8s TRIBUNE_TEST_ALL=1 $(GO) test -timeout $(TEST_ALL_TIMEOUT) $(TESTFLAGS) \
		$$($(GO) list $(PACKAGES) | grep -vE '/test/(crash|crisis)$$')
	@# One after the other with the machine to themselves, as they measure, and aloud, so that they tell where the kills fell and what was late.
	for alone in $$($(GO) list $(PACKAGES) | grep -E '/test/(crash|crisis)$$'); do \
		KUBEBUILDER_ASSETS=$(BIN)/k8s TRIBUNE_TEST_ALL=1 $(GO) test -timeout $(TEST_ALL_TIMEOUT) -v $(TESTFLAGS) $$alone | grep -v '^ *=== '; \
	done
	@$(MAKE) --no-print-directory conformance
	GO='$(GO)' hack/fuzz.sh $(FUZZTIME)

.PHONY: fuzz
fuzz: ## Run each fuzz test for FUZZTIME (60s)
	GO='$(GO)' hack/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: controlplane ## Measure speed and memory: JSON lines, compared with test/performance/thresholds.json
	KUBEBUILDER_ASSETS=$(BIN)/k8s $(GO) run ./test/performance $(BENCHFLAGS)

##@ Develop

.PHONY: generate
generate: manifests generate-code generate-docs generate-dist ## Write all that is generated: code, manifests, reference, install.yaml

# The rbac generator takes the manager's rights from the markers of the controllers.
.PHONY: manifests
manifests: $(TOOLS)/controller-gen ## Generate the CRDs and the manager's role
	$(TOOLS)/controller-gen crd paths=./api/... output:crd:artifacts:config=config/crd/bases
	$(TOOLS)/controller-gen rbac:roleName=tribune-manager paths=./controllers/... output:rbac:artifacts:config=config/rbac

# Apply configurations are removed first: those of a type that is no more would stay.
.PHONY: generate-code
generate-code: $(TOOLS)/controller-gen ## Generate deep copies and apply configurations
	$(TOOLS)/controller-gen object paths=./api/...
	find api -path '*/applyconfiguration/*' -name '*.go' -delete
	$(TOOLS)/controller-gen applyconfiguration paths=./api/...

.PHONY: generate-docs
generate-docs: $(TOOLS)/crd-ref-docs ## Generate docs/reference/api.md
	@mkdir -p docs/reference
	$(TOOLS)/crd-ref-docs --config hack/crd-ref-docs.yaml --source-path api --renderer markdown --output-path docs/reference/api.md --log-level ERROR

.PHONY: generate-dist
generate-dist: manifests $(TOOLS)/kustomize ## Generate dist/install.yaml
	@mkdir -p dist
	$(TOOLS)/kustomize build config/default >dist/.install.yaml
	@mv dist/.install.yaml dist/install.yaml

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## Format the Go files
	$(TOOLS)/golangci-lint fmt ./...

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## Check the Go code, and the API by the Kubernetes conventions
	$(TOOLS)/golangci-lint run ./...
	$(TOOLS)/golangci-lint run --config .golangci-kal.yml ./api/...

.PHONY: verify
verify: verify-format verify-modules verify-generated lint ## Check that all is formatted, tidy, generated and clean

.PHONY: verify-format
verify-format: ## Check that gofmt has nothing to say
	@unformatted=$$(git ls-files -z --cached --others --exclude-standard --deduplicate -- '*.go' | xargs -0 gofmt -l 2>&1); \
	if [[ -n $$unformatted ]]; then printf '%s\n' "not formatted; run make fmt:" "$$unformatted"; exit 1; fi

.PHONY: verify-modules
verify-modules: ## Check that every go.mod and go.sum is tidy
	@for module in . hack/controlplane hack/tools/*/; do \
		$(GO) -C $$module mod tidy -diff || { echo "$$module is not tidy; run go mod tidy there"; exit 1; }; \
	done

.PHONY: verify-generated
verify-generated: generate ## Check that what is generated is committed as it is
	@changed=$$(git status --porcelain --untracked-files=all -- $(GENERATED)); \
	if [[ -n $$changed ]]; then \
		git --no-pager diff -- $(GENERATED); \
		printf '%s\n' "generated files differ from the commit; run make generate and commit:" "$$changed"; exit 1; \
	fi

##@ Cluster

.PHONY: install
install: $(TOOLS)/kustomize ## Install the CRDs in the cluster of the current kubeconfig
	$(TOOLS)/kustomize build config/crd | $(KUBECTL) apply --server-side -f -

.PHONY: uninstall
uninstall: $(TOOLS)/kustomize ## Remove the CRDs, and with them every object of Tribune
	$(TOOLS)/kustomize build config/crd | $(KUBECTL) delete --ignore-not-found -f -

.PHONY: deploy
deploy: $(TOOLS)/kustomize ## Install Tribune in the cluster of the current kubeconfig
	$(TOOLS)/kustomize build config/default | $(KUBECTL) apply --server-side -f -

.PHONY: undeploy
undeploy: $(TOOLS)/kustomize ## Remove Tribune and every object of it
	$(TOOLS)/kustomize build config/default | $(KUBECTL) delete --ignore-not-found -f -

##@ Tools

TOOL_NAMES := $(patsubst hack/tools/%/go.mod,%,$(wildcard hack/tools/*/go.mod))

.PHONY: tools
tools: $(TOOL_NAMES:%=$(TOOLS)/%) ## Build the tools into bin/tools, at the versions of hack/tools/*/go.mod

# A module a tool, because their requirements conflict.
$(TOOLS)/%: hack/tools/%/go.mod hack/tools/%/go.sum
	@echo "building $*"
	@CGO_ENABLED=0 $(GO) -C hack/tools/$* build -trimpath -ldflags '-s -w' -o $@ tool
	@touch $@

.PHONY: clean
clean: ## Remove bin/, with the control plane and the tools
	rm -rf $(BIN) coverage.out
