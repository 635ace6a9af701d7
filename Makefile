# Culvert from a fresh machine: `make run`, `make test`, `make demo`. `make help` lists everything.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Options for the program that a target starts: make run ARGS='--listen 127.0.0.1:9000'
ARGS ?=
# Options for pytest: make test PYTEST='-k three_tier'
PYTEST ?=

CARGO := $(or $(shell command -v cargo),$(wildcard $(HOME)/.cargo/bin/cargo))
VENV := target/venv
# Network namespaces need root; the environment goes with it, since it may hold CULVERT_… options.
AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo -E)
TESTS_AS_ROOT := $(if $(AS_ROOT),--config "target.'cfg(unix)'.runner='sudo -E'")

.PHONY: help
help: ## Lists the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.PHONY: run
run: build-tools root ## Builds Culvert and serves the API, with everything kept in ./data
	$(CARGO) build --release
	$(AS_ROOT) target/release/culvert up $(ARGS)

.PHONY: test
test: build-tools test-tools $(VENV)/ansible root ## Runs every test: of the crate, then of the program from outside
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(MAKE) mutants
	status=0; $(CARGO) test $(TESTS_AS_ROOT) || status=1; \
	$(AS_ROOT) $(VENV)/bin/python -m pytest compat-tests $(PYTEST) || status=1; exit $$status

.PHONY: mutants
mutants: build-tools ## Builds a Culvert that can make mistakes, for the test that each of them is found
	$(CARGO) build --features mutants
	cp target/debug/culvert target/culvert-mutants
	$(CARGO) build

.PHONY: demo
demo: build-tools test-tools root ## Shows three tiers that reach each other only where a security group says so
	$(CARGO) build --release
	@CULVERT_BINARY=target/release/culvert $(AS_ROOT) $(VENV)/bin/python compat-tests/demo.py $(ARGS)

.PHONY: bench
bench: build-tools root ## Measures; the numbers depend on the machine and are printed with it
	$(CARGO) bench $(TESTS_AS_ROOT) $(ARGS)

.PHONY: clean-host
clean-host: ## Ends every instance of every node on this machine and removes what Culvert made in the kernel
	$(AS_ROOT) $(firstword $(wildcard target/release/culvert target/debug/culvert)) down

.PHONY: build-tools
build-tools:
	@.ci/need 'command -v cc' gcc 'links the program' \
	    'test -e /usr/include/stdlib.h' libc6-dev 'what programs are linked against' \
	    'test -s /etc/ssl/certs/ca-certificates.crt' ca-certificates 'cargo fetches libraries by https'
	@if [[ -z '$(CARGO)' ]]; then \
	    echo "Rust is missing. Type: curl -sSf https://sh.rustup.rs | sh    (see https://rustup.rs)" >&2; exit 1; fi

.PHONY: test-tools
test-tools: $(VENV)/ready
	@.ci/need 'command -v curl' curl 'the web client of the demo and of tests' \
	    'PATH=$$PATH:/usr/sbin:/sbin command -v ip' iproute2 'shows that "ip netns exec" finds instances' \
	    'PATH=$$PATH:/usr/sbin:/sbin command -v nft' nftables 'breaks firewalls that the agent must repair'

$(VENV)/ready: compat-tests/requirements.txt
	@.ci/need 'python3 -c "import ensurepip, venv"' python3-venv 'keeps the libraries of the tests apart'
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# Apart from the others since it is large, and only tests need it: the collection amazon.aws comes with it.
$(VENV)/ansible: compat-tests/requirements-ansible.txt $(VENV)/ready
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-compile --requirement $<
	@touch $@

.PHONY: root
root:
	@if [[ -n '$(AS_ROOT)' ]] && ! command -v sudo >/dev/null; then \
	    echo "Culvert makes network namespaces, which needs root, and sudo is not here. As root, type the same." >&2; \
	    exit 1; fi
