# Tasks of this project; `make` lists them.
# Needs Python 3.11 or newer with pip; everything else is installed into .venv
# from hash-checked lock files.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
# The first Python that runs and is new enough; override with `make PYTHON=...`.
PYTHON ?= $(shell for p in python3.11 python3 python python3.12 python3.13; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
# Extra arguments: make test ARGS="-k scoring", make demo ARGS="--no-browser".
ARGS ?=

# uv where it runs, because it is fast; pip otherwise. Both check every hash.
install = echo "Installing what $(1) pins ..."; \
	if [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --require-hashes -r $(1); \
	then :; else $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); fi

.PHONY: help
help: ## List the tasks
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

.PHONY: demo
demo: $(VENV)/.run-stamp ## Start the dashboards on synthetic data
	$(BIN)/pkimm demo $(ARGS)

.PHONY: lab
lab: $(VENV)/.run-stamp ## Open the notebooks in JupyterLab
	$(BIN)/pkimm lab $(ARGS)

.PHONY: site
site: $(VENV)/.run-stamp ## Make the static site of invented releases, in site/
	$(BIN)/pkimm publish --demo --out site $(ARGS)

.PHONY: test
test: lint e2e s3 ## Check style, types, imports and behavior, also in a real browser
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

.PHONY: thorough
thorough: $(VENV)/.dev-stamp ## Try properties on many examples, and run the slow tests too
	$(BIN)/python -m pytest -n auto --dist worksteal --hypothesis-profile=thorough \
		--timeout=3600 -m "slow or not slow" $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.dev-stamp ## Give changed files to everything that reads files
	$(BIN)/python -m tests.fuzz $(ARGS)

.PHONY: mutations
mutations: $(VENV)/.dev-stamp ## Change the heart in 100 places, and see whether tests notice
	$(BIN)/python -m tests.mutations $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev-stamp ## Check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(VENV)/.dev-stamp ## Sort imports and format the code
	$(BIN)/ruff check --select I --fix
	$(BIN)/ruff format

.PHONY: e2e
e2e:
	@sh tests/e2e/prepare.sh

.PHONY: s3
s3: $(VENV)/.dev-stamp
	@sh tests/collection/prepare.sh $(BIN)/python

.PHONY: bench
bench: $(VENV)/.dev-stamp ## Measure against the baselines
	$(BIN)/python benchmarks/run.py $(ARGS)

# Add UPGRADE=--upgrade to move to the newest versions that pyproject.toml allows.
LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links $(UPGRADE)
EXTRAS := --extra all
ENGINES := --extra spark

.PHONY: lock
lock: $(VENV)/.uv-stamp ## Pin all dependencies with their hashes
	$(LOCK) --group pyproject.toml:install -o requirements-uv.lock
	$(LOCK) pyproject.toml $(EXTRAS) --group build -o requirements.lock
	$(LOCK) pyproject.toml $(EXTRAS) $(ENGINES) --group build --group dev \
		--constraints requirements.lock -o requirements-dev.lock
	$(LOCK) --group pyproject.toml:s3 -o requirements-s3.lock

.PHONY: clean
clean: ## Remove the environment, caches and builds; keep your data
	rm -rf $(VENV) .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	rm -rf build dist site node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ---------------------------------------------------------

# Where Python came without ensurepip, the pip outside fills the environment.
$(VENV)/.venv-stamp:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found. Install it, or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "Making $(VENV) with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
		|| { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
	@touch $@

$(VENV)/.uv-stamp: requirements-uv.lock | $(VENV)/.venv-stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
		--require-hashes -r requirements-uv.lock 2>/dev/null || echo "uv does not run here: pip installs, slower."
	@touch $@

$(VENV)/.run-stamp: requirements.lock pyproject.toml $(VENV)/.uv-stamp
	@$(call install,requirements.lock)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev-stamp: requirements-dev.lock $(VENV)/.run-stamp
	@$(call install,requirements-dev.lock)
	@touch $@
