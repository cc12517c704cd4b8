# make demo            set up, compile the example shop, start the edge, print its address
# make demo ONCE=1     the same, but ask for the home page as two visitors, print what was decided, and exit
# make test            set up and run all tests
# make lock            resolve the dependencies anew into the two lock files

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
UV := $(BIN)/uv
LOCK := $(UV) pip compile pyproject.toml --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet
SHELL := /bin/bash

.PHONY: setup setup-dev demo test lock schema clean

setup: $(VENV)/.demo node_modules/.stamp

setup-dev: setup $(VENV)/.dev $(VENV)/.browser $(VENV)/.wrk tools/deploy/node_modules/.stamp tools/native/node_modules/.stamp tools/openfeature/node_modules/.stamp

$(UV):
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.demo: requirements.lock pyproject.toml | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	touch $@

# the .pth: a file of benchmarks/ finds its neighbours also when it is run by its path
$(VENV)/.dev: requirements-dev.lock $(VENV)/.demo Makefile
	$(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements-dev.lock
	echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/repository.pth"
	touch $@

$(VENV)/.browser: scripts/install_browser | $(UV)
	scripts/install_browser
	touch $@

$(VENV)/.wrk: scripts/install_wrk | $(UV)
	scripts/install_wrk
	touch $@

node_modules/.stamp: package.json package-lock.json $(VENV)/.demo
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	touch $@

# tools/deploy: what deploying needs; tools/native: an older runtime with Python 3.12; tools/openfeature: OpenFeature's providers, for the tests
tools/%/node_modules/.stamp: tools/%/package.json tools/%/package-lock.json $(VENV)/.demo
	cd tools/$* && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	touch $@

demo: setup
	$(BIN)/tessera demo rulesets/store $(if $(ONCE),--once)

test: setup-dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

lock: $(UV)
	$(LOCK) -o requirements.lock
	$(LOCK) --extra dev -o requirements-dev.lock

schema: setup
	$(BIN)/tessera schema docs/schema

clean:
	rm -rf $(VENV) node_modules python_modules .tessera
