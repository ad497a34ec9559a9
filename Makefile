# Each target installs what it needs in .venv on its first run. `make help` lists the targets.
PYTHON ?= python3
PORT ?= 3000
RUNTIME ?= process
PART ?= all
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALL := $(BIN)/python -m tools.pip_install
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4
UPLOADS ?= 10000
EDITABLE := --no-deps --no-build-isolation --editable

.DEFAULT_GOAL := help
.PHONY: help serve training client check test chaos coverage bench lint types contract format lock release clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | LC_ALL=C sort | sed -E 's/:.*## /\t/' | expand -t 12

serve: $(VENV)/.local ## Run the whole stack on this machine (PORT=3000, RUNTIME=process or rie, VERBOSE=1)
	@# At a terminal, five minutes is too long to wait for a model that was just promoted.
	@$(BIN)/python -m local serve --port $(PORT) --runtime $(RUNTIME) --parameter ModelRefreshSeconds=5$(if $(VERBOSE), --verbose)

training: $(VENV)/.training $(if $(shell command -v nvidia-smi),$(VENV)/.cuda) ## Install what `python -m training` needs, with CUDA's libraries beside a GPU

client: $(VENV)/.client ## Install the command .venv/bin/frond

check: lint types ## Check style and types, then run the unit tests that need no TensorFlow: a minute, for daily work
	$(PYTEST) tests/unit --without-tensorflow

test: lint types ## Check style and types, then run every test (COVERAGE=1 checks the coverage, too)
	$(PYTEST) $(if $(COVERAGE),--cov)

coverage: $(VENV)/.dev ## Run every test, and check the share of lines that the tests run
	$(PYTEST) --cov

chaos: $(VENV)/.dev ## Upload 10,000 files while everything fails, and print what was lost (UPLOADS=10000)
	@$(BIN)/python -m tests.chaos --uploads $(UPLOADS)

bench: $(VENV)/.dev ## Measure the speed of Frond and of its peers on this machine (PART=all, or one; see docs/14-speed.md)
	@$(BIN)/python -m benchmarks $(PART)

.PHONY: docs
docs: $(VENV)/.mermaid ## Build the documentation's site into .site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "Open .site/index.html; for its search, too: $(BIN)/python -m http.server --directory .site"

$(VENV)/.mermaid: requirements/mermaid.txt $(VENV)/.docs
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

lint: $(VENV)/.dev ## Check style, and the template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/cfn-lint template.yaml

types: $(VENV)/.dev ## Check types
	$(BIN)/python -m mypy

contract: $(VENV)/.local ## Generate docs/openapi.json
	@$(BIN)/python -c 'from frond_classify.openapi.document import openapi_json; from frond_classify.resolver import resolver; print(openapi_json(resolver))' \
	  | $(BIN)/python -m json.tool --no-ensure-ascii > docs/openapi.json

format: $(VENV)/.dev ## Format the code, and fix the style where that is automatic
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.dev ## Resolve the dependencies into requirements/*.txt (UPGRADE=1 takes the newest versions)
	PATH="$(CURDIR)/$(BIN):$$PATH" requirements/lock.sh $(if $(UPGRADE),--upgrade)

release: $(VENV)/.dev ## Check that this commit can be released, run every test and print the commands that tag it
	@$(BIN)/python -m tools.release_check > /dev/null
	@$(MAKE) test COVERAGE=1
	@$(BIN)/python -m tools.release_check

clean: ## Remove the environment, caches and the local stack's state
	rm -rf $(VENV) .frond .aws-sam .mypy_cache .ruff_cache .pytest_cache .coverage .site

# A stamp is written when its recipe has succeeded. bin/python is none: it exists before its environment works. What a
# killed pip leaves behind may look whole, so that the environment begins anew (tools/pip_install.py).
WORKS := $(shell test -x $(BIN)/python && test ! -e $(VENV)/.installing && echo yes)
.PHONY: anew
$(VENV)/.python: $(if $(WORKS),,anew)
	@$(if $(WORKS),test -e $(VENV)/.build ||) requirements/environment.sh "$(PYTHON)" $(VENV)
	@touch $@

# Our packages are importable where they stand. The build backend is locked like everything else, and installed
# first: pip would download another one for each editable install.
$(VENV)/.build: requirements/build.txt pyproject.toml $(VENV)/.python
	@$(INSTALL) $<
	@$(PIP_INSTALL) $(EDITABLE) .
	@touch $@

$(VENV)/.client-package: client/pyproject.toml $(VENV)/.python | $(VENV)/.build
	@$(PIP_INSTALL) $(EDITABLE) client
	@touch $@

$(VENV)/.client $(VENV)/.dev: | $(VENV)/.client-package

$(VENV)/.%: requirements/%.txt $(VENV)/.python | $(VENV)/.build
	@$(INSTALL) $<
	@touch $@
