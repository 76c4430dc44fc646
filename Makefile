# Everything a newcomer runs. Needs Python 3.11 or later, git and make.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: help demo setup check test slow soak bench bench-accuracy clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   train on the bundled EmoDB for a few minutes, report, and recognize three recordings"
	@echo "make setup  make .venv with everything that development needs"
	@echo "make check  style, types, layers and executed docstrings: under a minute"
	@echo "make test   the fast tests: under ten minutes"
	@echo "make slow   the tests that need minutes"
	@echo "make soak   every damaged input: recordings, models, tables, recipes, Runs (SERKIT_MUTATIONS=10000 for more of them)"
	@echo "make bench  speed beside plain torch, librosa and openSMILE: four tables, on a machine that does nothing else"
	@echo "make bench-accuracy  validation accuracy beside plain torch and bf16, 3 seeds: most of an hour"
	@echo "make clean  remove .venv and caches; runs/ stays"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "serkit needs Python 3.11 or later: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv

.venv/.train: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) '.[train]'
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) '.[dev]'
	@touch $@ .venv/.train

setup: .venv/.dev

# Speakers 15 and 16 are held out of the demo's training.
demo: .venv/.train
	@rm -rf runs/demo
	$(BIN)/serkit train cnn_transformer/demo --corpus emodb=data/emodb --out runs/demo --score-test
	$(BIN)/serkit predict data/emodb/wav/15a01Wa.flac data/emodb/wav/16a05Tb.flac data/emodb/wav/16b03La.flac --model runs/demo
	@echo "(true: angry, sad, bored; neither speaker was in the training)"
	$(BIN)/serkit report runs/demo
	@echo "open runs/demo/report.html in a browser"
	@echo "try next: $(BIN)/serkit predict YOUR_RECORDING.wav --model runs/demo"

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --doctest-modules serkit tests/test_layers.py

# A file of tests stays in one process: its session's corpora and Runs are made once.
test: setup
	$(BIN)/pytest -m "not slow and not soak" --numprocesses auto --maxprocesses 4 --dist loadfile

slow: setup
	$(BIN)/pytest -m "slow and not soak"

soak: setup
	SERKIT_SOAK=results/soak/mutations.md $(BIN)/pytest -m soak

bench: setup
	$(BIN)/python -m benchmarks --only training --write results/benchmarks/speed.md
	$(BIN)/python -m benchmarks --only recurrent --write results/benchmarks/recurrent.md
	$(BIN)/python -m benchmarks --only threads --write results/benchmarks/threads.md
	$(BIN)/python -W ignore -m benchmarks --only features --write results/benchmarks/features.md

bench-accuracy: setup
	$(BIN)/python -m benchmarks.accuracy --write results/benchmarks/accuracy.md

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build serkit.egg-info
