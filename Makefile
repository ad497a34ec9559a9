# Each command sets up what it needs in .venv on its first run. `make help` lists them.
PYTHON ?= python3
PORT ?= 3000
RUNTIME ?= process
PART ?= all
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help serve training client test bench lint types contract format lock clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

serve: $(VENV)/.local ## Run the whole stack on this machine (PORT=3000, RUNTIME=process or rie)
	@# Nobody at a terminal waits five minutes to see the model that was just promoted.
	@$(BIN)/python -m local serve --port $(PORT) --runtime $(RUNTIME) --parameter ModelRefreshSeconds=5

training: $(VENV)/.training ## Set up what `python -m training` needs

client: $(VENV)/.client ## Set up the command .venv/bin/frond
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable client

test: lint types ## Check style and types, then run every test
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4

bench: $(VENV)/.dev ## Measure how fast Frond is on this machine, beside others (PART=all, or one; see docs/14-speed.md)
	@$(BIN)/python -m benchmarks $(PART)

lint: $(VENV)/.dev ## Check style, and the template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/cfn-lint template.yaml

types: $(VENV)/.dev ## Check types
	$(BIN)/mypy

contract: $(VENV)/.local ## Write docs/openapi.json anew, from the code
	@$(BIN)/python -c 'from frond_classify.openapi.document import openapi_json; from frond_classify.resolver import resolver; print(openapi_json(resolver))' \
	  | $(BIN)/python -m json.tool --no-ensure-ascii > docs/openapi.json

format: $(VENV)/.dev ## Mend what of the style can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.dev ## Resolve requirements/*.in anew into requirements/*.txt
	PATH="$(CURDIR)/$(BIN):$$PATH" requirements/lock.sh

clean: ## Remove what was set up and what ran
	rm -rf $(VENV) .frond .aws-sam .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Frond needs Python 3.11 to 3.13; name one: make PYTHON=python3.13 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@# Our packages are found where they are; nothing is built or copied.
	@printf '%s\n' $(addprefix $(CURDIR)/,layers/frond/python functions/classify functions/preprocess client) $(CURDIR) \
	  > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/frond.pth"

$(VENV)/.%: requirements/%.txt $(BIN)/python
	@echo "Setting up requirements/$*.txt …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
