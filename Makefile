# The same steps on a laptop and in CI. `make run` and `make test` set up whatever is missing.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
RASA_PYTHON := nlu/.venv/bin/python
MODELS := $(or $(DIANYU_HOME),var)/models

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
lint: setup ## Style, imports, dependencies, dead code, the production file's schema
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

.PHONY: types
types: setup ## Static types
	$(BIN)/mypy

.PHONY: test
test: lint types ## Everything that CI runs
	$(BIN)/pytest

.PHONY: lock
lock: setup ## Resolve the dependencies anew into the lock files
	deploy/lock

.PHONY: clean
clean: ## Remove both environments and caches; data under DIANYU_HOME stay
	rm -rf .venv .uv nlu/.venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
