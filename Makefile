# Two commands do all: `make grade` and `make test`. Each sets up what it needs; repeating is quick.
CHALLENGE ?= bpe
SUBMISSION ?= solutions/$(CHALLENGE)
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --constraint constraints.txt
# A plain .pth file instead of an import hook: `kata` starts 30 ms sooner.
EDITABLE := --config-settings editable_mode=compat --editable

.PHONY: grade test test-slow lint setup setup-all format

grade: .venv/core
	@$(BIN)/kata grade $(CHALLENGE) --submission $(SUBMISSION)

test: .venv/all
	$(BIN)/python -m pytest

test-slow: .venv/all
	$(BIN)/python -m pytest -m slow

lint: .venv/all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/all
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: .venv/core

setup-all: .venv/all

.venv/core: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("lmkata needs Python 3.11 or newer: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "apt-get install python3-venv, then again"; exit 1; }
	@echo "setting up .venv (once)"
	@$(PIP) $(EDITABLE) .
	@touch $@

# torch comes first and pinned: left to the resolver, a newer one with gigabytes of CUDA may come.
.venv/all: .venv/core
	@echo "setting up everything: torch, numpy, the peers, the linters (once)"
	@$(PIP) torch==2.13.0
	@$(PIP) $(EDITABLE) '.[all]'
	@touch $@
