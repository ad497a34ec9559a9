# Each target installs what it needs in .venv on its first run. `make help` lists the targets.
PYTHON ?= python3
PORT ?= 3000
RUNTIME ?= process
PART ?= all
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4
UPLOADS ?= 10000
EDITABLE := --no-deps --no-build-isolation --editable

.DEFAULT_GOAL := help
.PHONY: help serve training client check test chaos coverage bench lint types contract format lock release clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | LC_ALL=C sort | sed -E 's/:.*## /\t/' | expand -t 12

serve: $(VENV)/.local ## Run the whole stack on this machine (PORT=3000, RUNTIME=process or rie)
	@# At a terminal, five minutes is too long to wait for a model that was just promoted.
	@$(BIN)/python -m local serve --port $(PORT) --runtime $(RUNTIME) --parameter ModelRefreshSeconds=5

training: $(VENV)/.training ## Install what `python -m training` needs

client: $(VENV)/.client ## Install the command .venv/bin/frond

check: lint types ## Check style and types, then run the unit tests that need no TensorFlow: a minute, for daily work
	$(PYTEST) tests/unit --without-tensorflow

test: lint types $(VENV)/.spark ## Check style and types, then run every test (COVERAGE=1 checks the coverage, too)
	$(PYTEST) $(if $(COVERAGE),--cov)

coverage: $(VENV)/.spark $(VENV)/.dev ## Run every test, and check the share of lines that the tests run
	$(PYTEST) --cov

chaos: $(VENV)/.dev ## Upload 10,000 files while everything fails, and print what was lost (UPLOADS=10000)
	@$(BIN)/python -m tests.chaos --uploads $(UPLOADS)

bench: $(VENV)/.dev ## Measure the speed of Frond and of its peers on this machine (PART=all, or one; see docs/14-speed.md)
	@$(BIN)/python -m benchmarks $(PART)

.PHONY: batch
batch: $(VENV)/.spark ## Classify a folder or s3:// prefix with Spark: make batch PHOTOS=… OUT=… (docs/18-batch.md)
	@$(BIN)/python -m batch $(if $(PHOTOS),"$(PHOTOS)") $(if $(OUT),"$(OUT)") $(if $(LOCAL),--local) \
	  $(if $(FEATURES),--features "$(FEATURES)")

.PHONY: docs
docs: $(VENV)/.mermaid ## Build the documentation's site into .site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "Open .site/index.html; for its search, too: $(BIN)/python -m http.server --directory .site"

$(VENV)/.mermaid: requirements/mermaid.txt $(VENV)/.docs
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

# Spark is published as source, which the locked setuptools of batch.txt builds.
$(VENV)/.spark: requirements/spark.txt $(VENV)/.batch
	@echo "Installing requirements/spark.txt (435 MB) …"
	@$(PIP_INSTALL) --no-build-isolation --require-hashes -r $<
	@touch $@

lint: $(VENV)/.dev ## Check style, and the template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/cfn-lint template.yaml batch.yaml

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
	@$(BIN)/python -m tools.release > /dev/null
	@$(MAKE) test COVERAGE=1
	@$(BIN)/python -m tools.release

clean: ## Remove the environment, caches and the local stack's state
	rm -rf $(VENV) .frond .aws-sam .mypy_cache .ruff_cache .pytest_cache .coverage .site

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Frond needs Python 3.11 to 3.13; name one: make PYTHON=python3.13 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Our packages are importable where they stand. The build backend is locked like everything else, and installed
# first: pip would download another one for each editable install.
$(VENV)/.build: requirements/build.txt pyproject.toml $(BIN)/python
	@$(PIP_INSTALL) --require-hashes -r $<
	@$(PIP_INSTALL) $(EDITABLE) .
	@touch $@

$(VENV)/.client-package: client/pyproject.toml | $(VENV)/.build
	@$(PIP_INSTALL) $(EDITABLE) client
	@touch $@

$(VENV)/.client $(VENV)/.dev: | $(VENV)/.client-package

$(VENV)/.%: requirements/%.txt | $(VENV)/.build
	@echo "Installing requirements/$*.txt …"
	@$(PIP_INSTALL) --require-hashes -r $<
	@touch $@
