# Two commands on a fresh machine: `make quickstart` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: quickstart test figures pictures lint clean
.DELETE_ON_ERROR:

quickstart: .venv/quickstart
	$(BIN)/cdkd run configs/quickstart.yaml

test: .venv/dev
	tests/browser/install.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

figures: .venv/dev
	tests/browser/install.sh
	$(BIN)/python -m benchmarks.curation --json results/curation.json

pictures: .venv/dev
	tests/browser/install.sh
	$(BIN)/python -m tests.browser.pictures

lint: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/bin/python:
	$(PYTHON) -m venv .venv

# torch first, at the version of constraints.txt, so that no other package chooses it.
.venv/torch: constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	@touch $@

.venv/quickstart: pyproject.toml constraints.txt .venv/torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[quickstart]'
	@touch $@

.venv/dev: pyproject.toml constraints.txt .venv/torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv runs
