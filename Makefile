# The same steps on a laptop and in CI. `make run` and `make test` set up whatever is missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

PYTHON ?= python3
BIN := .venv/bin
RASA_PYTHON := nlu/.venv/bin/python
BENCHES := $(basename $(notdir $(shell grep -l __main__ benchmarks/*.py)))
MODELS := $(or $(DIANYU_HOME),var)/models
EVALUATION := $(or $(DIANYU_HOME),var)/evaluation
export RASA_TELEMETRY_ENABLED := false

.PHONY: help
help: ## Say what the targets do
	@grep -hE '^[a-z-]+%?:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-zNAME%-]+):.*## /\1|/; s/%/NAME/' | column -t -s '|'

.PHONY: setup
setup: ## Make both Python environments from their lock files
	@$(PYTHON) -m app.run.setup

.PHONY: run
run: setup ## Start everything on embedded defaults, with the demo store; Ctrl-C stops it
	@exec $(BIN)/dianyu run --demo --with-parent

.PHONY: model
model: setup ## Train the Rasa model where its inputs changed
	$(RASA_PYTHON) -m nlu.train --out $(MODELS)

.PHONY: format
format: setup ## Format the code and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lint
lint: setup ## Check style, imports, dependencies, dead code and the production file's schema
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .
	deploy/dead-code
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

.PHONY: types
types: setup ## Check the types of both sides
	$(BIN)/mypy
	nlu/.venv/bin/mypy --config-file nlu/mypy.ini

.PHONY: test-product
test-product: setup ## Run the product's tests, with coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n logical
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

.PHONY: data
data: setup ## Check training data, domain and rules
	$(RASA_PYTHON) -m nlu.check_data
	$(RASA_PYTHON) -m rasa data validate --config bot/config.yml --domain bot/domain \
		--data nlu/data bot/data 2>&1 | grep -v "is not used in any story or rule" # actions say them

.PHONY: evaluate
evaluate: setup ## Print how well texts are understood: cross-validation, unseen phrasings
	@mkdir -p $(EVALUATION)
	RASA_MAX_CACHE_SIZE=0 TQDM_DISABLE=1 $(RASA_PYTHON) -m rasa test nlu --cross-validation --folds 3 \
		--config nlu/config-fast.yml --domain bot/domain --nlu nlu/data --out $(EVALUATION) --no-plot \
		>$(EVALUATION)/log 2>&1 || { cat $(EVALUATION)/log; exit 1; }
	@sed -nE 's/.* (CV|Intent|Entity) evaluation/\1 evaluation/p; s/.* - +(train|test) /  \1 /p' $(EVALUATION)/log
	$(RASA_PYTHON) -m nlu.evaluate

.PHONY: test-rasa
test-rasa: setup ## Run the tests of Rasa's side
	$(RASA_PYTHON) -m pytest -c tests/bot/pytest.ini tests/bot
	$(RASA_PYTHON) -m pytest -c tests/nlu/pytest.ini tests/nlu

.PHONY: scenarios
scenarios: model ## Play the scenarios through the real path
	$(BIN)/dianyu scenario play --models $(MODELS) tests/scenarios/*.yml

.PHONY: test
test: lint types data test-rasa test-product evaluate scenarios ## Run everything that CI runs

.PHONY: bench
bench: $(addprefix bench-,$(BENCHES)) ## Run every benchmark

bench-%: setup ## Run one benchmark
	$(BIN)/python -m benchmarks.$*

.PHONY: lock
lock: setup ## Resolve the dependencies anew into the lock files
	deploy/lock

.PHONY: clean
clean: ## Remove both environments and caches; data under DIANYU_HOME stay
	rm -rf .venv .uv nlu/.venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
