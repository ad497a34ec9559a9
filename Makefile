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
STAGE ?= dev
DEPLOYMENT := $(BIN)/python -m tools.deployment
# EMAIL and ARCH are short for the parameters AlarmEmail and Architecture.
CHOSEN := --stage $(STAGE) $(foreach pair,$(PARAMETERS) $(EMAIL:%=AlarmEmail=%) $(ARCH:%=Architecture=%),--parameter $(pair))
# One after the other, they would leave cores idle. Make 4 keeps the output of each command together.
TOGETHER := $(MAKE) --no-print-directory --jobs=3 $(if $(filter output-sync,$(.FEATURES)),--output-sync=line)
EDITABLE := --no-deps --no-build-isolation --editable

# The tests start many processes, each of which would compile the code anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve training client build deploy delete budget check test chaos coverage bench lint template symbols audit smoke types contract
.PHONY: format lock package release clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | LC_ALL=C sort | sed -E 's/:.*## /\t/' | expand -t 12

serve: $(VENV)/.local ## Run the whole stack on this machine (PORT=3000, RUNTIME=process or rie, BUILT=1 runs .aws-sam/build, VERBOSE=1)
	@# At a terminal, five minutes is too long to wait for a model that was just promoted.
	@$(BIN)/python -m local serve --port $(PORT) --runtime $(RUNTIME) $(if $(BUILT),--built) --parameter ModelRefreshSeconds=5$(if $(VERBOSE), --verbose)

training: $(VENV)/.training $(if $(shell command -v nvidia-smi),$(VENV)/.cuda) ## Install what `python -m training` needs, with CUDA's libraries beside a GPU

client: $(VENV)/.client ## Install the command .venv/bin/frond

build: $(VENV)/.sam ## Build the stack for AWS (STAGE=dev, ARCH=x86_64 or arm64, PARAMETERS="Name=value …"); needs Docker
	@$(DEPLOYMENT) build $(CHOSEN)

deploy: build ## Build and deploy the stack (STAGE=dev, EMAIL=you@example.org, YES=1 without a question)
	@$(DEPLOYMENT) deploy $(CHOSEN) $(if $(YES),--no-confirm)

delete: $(VENV)/.sam ## Delete the stack; its data stay (STAGE=dev, DATA=1 deletes them, too)
	@$(DEPLOYMENT) delete --stage $(STAGE) $(if $(DATA),--with-data)

budget: $(VENV)/.sam ## Email when the account's costs exceed a budget (EMAIL=you@example.org, DOLLARS=10)
	@$(VENV)/sam/bin/sam deploy --template-file budget.yaml --stack-name frond-budget --region us-east-1 \
	  --config-env budget --parameter-overrides AlarmEmail=$(EMAIL) MonthlyBudget=$(or $(DOLLARS),10)

check: $(VENV)/.dev ## Check style and types, then run the quick unit tests that need no TensorFlow: a minute and a half, for daily work
	@$(TOGETHER) lint types
	$(PYTEST) tests/unit --without-tensorflow -m "not slow"

test: $(VENV)/.dev ## Check style and types, then run every test (COVERAGE=1 checks the coverage, too)
	@$(TOGETHER) lint types $(VENV)/.spark $(VENV)/.notebook
	$(PYTEST) $(if $(COVERAGE),--cov)

coverage: $(VENV)/.spark $(VENV)/.notebook $(VENV)/.dev ## Run every test, and check the share of lines that the tests run
	$(PYTEST) --cov

chaos: $(VENV)/.dev ## Upload 10,000 files while everything fails, and print what was lost (UPLOADS=10000)
	@$(BIN)/python -m tests.chaos --uploads $(UPLOADS)

bench: $(VENV)/.dev ## Measure the speed of Frond and of its peers on this machine (PART=all, or one; see docs/14-speed.md)
	@$(BIN)/python -m benchmarks $(PART)

.PHONY: batch
batch: $(VENV)/.spark ## Classify a folder or s3:// prefix with Spark: make batch PHOTOS=… OUT=… (docs/19-batch.md)
	@$(BIN)/python -m batch $(if $(PHOTOS),"$(PHOTOS)") $(if $(OUT),"$(OUT)") $(if $(LOCAL),--local) \
	  $(if $(FEATURES),--features "$(FEATURES)")

.PHONY: notebook manifests
notebook: $(VENV)/.training $(VENV)/.jupyterlab ## Open the notebook, from photos to a model that answers (docs/23-notebook.md)
	@$(BIN)/jupyter lab notebooks/frond.ipynb

manifests: $(VENV)/.kubernetes $(VENV)/.dev ## Check deploy/kubernetes against the schemas of the API; needs kubectl
	$(BIN)/python -m pytest tests/unit/deploy/test_kubernetes.py

.PHONY: docs
docs: $(VENV)/.mermaid ## Build the documentation's site into .site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "Open .site/index.html; for its search, too: $(BIN)/python -m http.server --directory .site"

$(VENV)/.mermaid: requirements/mermaid.txt $(VENV)/.docs
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

lint: $(VENV)/.templates $(VENV)/.dev ## Check style, the templates, in every region, and the workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/actionlint

# Half a minute of processor time, which only templates that changed need.
$(VENV)/.templates: template.yaml budget.yaml batch.yaml webhook.yaml $(VENV)/.dev
	$(BIN)/cfn-lint --regions ALL_REGIONS -- template.yaml
	$(BIN)/cfn-lint --regions us-east-1 -- budget.yaml batch.yaml webhook.yaml
	@touch $@

template: $(VENV)/.sam $(VENV)/.checkov ## Check the template as the SAM CLI and Checkov do
	AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 $(VENV)/sam/bin/sam validate --lint
	$(VENV)/checkov/bin/checkov --config-file .checkov.yaml --quiet --compact

symbols: $(VENV)/.build ## Compare the locked wheels with the base image's C libraries, for both architectures
	@$(BIN)/python -m tools.symbol_versions

audit: $(VENV)/.audit ## Look for known vulnerabilities of the packages that are deployed or installed by users
	$(VENV)/audit/bin/pip-audit --disable-pip --require-hashes $(foreach lock,classify preprocess client,-r requirements/$(lock).txt)

smoke: $(VENV)/.dev ## Run the tests of the HTTP API with a deployed stack, and upload the sample photos to it (STAGE=dev)
	@$(BIN)/python -m pytest -q tests/e2e/http --stack frond-$(STAGE)
	@folder=$$(mktemp -d) && cp events/photos/*.jpg "$$folder" && trap 'rm -rf "$$folder"' EXIT \
	  && $(BIN)/frond upload "$$folder" --batch "smoke-$$(date +%s)" --stack frond-$(STAGE)

# Spark is published as source, which the locked setuptools of batch.txt builds.
$(VENV)/.spark: requirements/spark.txt $(VENV)/.batch
	@echo "Installing requirements/spark.txt (435 MB) …"
	@$(PIP_INSTALL) --no-build-isolation --require-hashes -r $<
	@touch $@

# pip installs one file at a time into an environment.
$(VENV)/.notebook: | $(VENV)/.spark

types: $(VENV)/.dev ## Check types
	$(BIN)/python -m mypy

contract: $(VENV)/.local ## Generate docs/openapi.json and the types of the JavaScript client
	@$(BIN)/python -c 'from frond_classify.openapi.document import openapi_json; from frond_classify.resolver import whole_api; print(openapi_json(whole_api(), "/dev"))' \
	  | $(BIN)/python -m json.tool --no-ensure-ascii > docs/openapi.json
	@$(BIN)/python -m tools.typescript_types

format: $(VENV)/.dev ## Format the code, and fix the style where that is automatic
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.dev ## Resolve the dependencies into requirements/*.txt (UPGRADE=1 takes the newest versions)
	PATH="$(CURDIR)/$(BIN):$$PATH" requirements/lock.sh $(if $(UPGRADE),--upgrade)

package: $(VENV)/.package ## Build and check the Python client's packages for PyPI, in dist/
	@rm -rf dist
	@$(VENV)/package/bin/python -m build --no-isolation --outdir dist client
	@$(VENV)/package/bin/python -m twine check --strict dist/*

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

# The SAM CLI, Checkov and pip-audit have environments of their own: their versions of our packages differ. So have build
# and twine, which publish without what the other targets install. The locks are whole; the pip of an older Python (23.2)
# takes a requirement with extras for one without a pin.
$(VENV)/.sam $(VENV)/.checkov $(VENV)/.audit: | $(VENV)/.dev
$(VENV)/.sam $(VENV)/.checkov $(VENV)/.audit $(VENV)/.package: $(VENV)/.%: requirements/%.txt $(VENV)/.python
	@echo "Installing $< …"
	@$(BIN)/python -m venv $(VENV)/$*
	@$(VENV)/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

$(VENV)/.%: requirements/%.txt $(VENV)/.python | $(VENV)/.build
	@$(INSTALL) $<
	@touch $@
