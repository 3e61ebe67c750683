# Everything runs in the virtual environment .venv, created on first use:
#   make run PORT=8600           another port
#   make run PYTHON=python3.13   another Python; .venv is recreated for it
#   make test ARGS="-k weights"  some of the tests

PORT ?= 8501
ARGS ?=
BIN := .venv/bin

# Without PYTHON=, keep an existing environment, even if python3 is another version now.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(if $(and $(wildcard .venv/made-*),$(shell $(BIN)/python -c "print(1)" 2>/dev/null)),$(BIN)/python,python3)
endif
VERSION := $(shell $(PYTHON) -c "import sys; print('%d.%d' % sys.version_info[:2])" 2>/dev/null || echo none)
# The Pythons that the lock supports: ">=3.11,<3.15" in pyproject.toml gives 3.11 3.12 3.13 3.14.
BOUNDS := $(shell sed -n 's/^requires-python = ">=3\.\([0-9]*\),<3\.\([0-9]*\)"$$/\1 \2/p' pyproject.toml)
PYTHONS := $(addprefix 3.,$(shell seq $(firstword $(BOUNDS)) $$(($(lastword $(BOUNDS)) - 1))))
UNSUPPORTED = Boomerang needs Python $(firstword $(PYTHONS)) to $(lastword $(PYTHONS)) (its packages have no wheels for others), but $(PYTHON) \
	$(if $(filter none,$(VERSION)),was not found or does not run,is Python $(VERSION)). Choose one: make $(MAKECMDGOALS) PYTHON=python$(lastword $(PYTHONS))
MADE := .venv/made-$(VERSION)
INSTALLED := .venv/requirements-$(VERSION)
DEVELOPED := .venv/requirements-dev-$(VERSION)
PYTEST := $(BIN)/python -m pytest
# With ARGS, one of the two pytest runs may select no tests (exit code 5); without ARGS that is an error.
NOTHING := $(if $(ARGS),5,0)
# From the lock alone: pip refuses packages that are missing from it or have another hash, and builds nothing: a build would
# download unlocked tools.
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes --only-binary :all: --requirement
# The project itself, editable: the command `boomerang` runs src/, app.py and pages/ in place.
PROJECT := $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-index --no-deps --no-build-isolation --editable .
# A sentence about checks that could not run on this machine; `make test` prints it last.
export BOOMERANG_NOT_RUN := $(CURDIR)/.cache/not-run.txt

# Two OpenMP runtimes that spin on the same cores slow each other down many times over.
export OMP_WAIT_POLICY := passive

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run weights test test-all tested check lock bench screenshots browser supported

help:
	@echo "make run          the app on http://localhost:$(PORT)  (PORT=, PYTHON=)"
	@echo "make test         the tests  (ARGS= goes to pytest)"
	@echo "make test-all     the tests, then the stress and model-quality tests"
	@echo "make check        format, lint, types, then the tests"
	@echo "make lock         compile the locks from pyproject.toml  (ARGS=--upgrade upgrades every package)"
	@echo "make bench        measure against the bare model runtimes"
	@echo "make weights      download the weights of the embedded models  (BOOMERANG_MODELS= moves their folder)"
	@echo "make screenshots  screenshots of every page in every state  (ARGS=--readme: those of the README)"

# The command and the pages report missing weights; the app starts anyway.
run: $(INSTALLED)
	@$(BIN)/boomerang weights || true
	@exec $(BIN)/boomerang serve --port $(PORT)

weights: $(INSTALLED)
	@$(BIN)/boomerang weights

# Two processes for two cores, each with its own app and browser for the browser tests. Those run after the others because they
# depend on timing.
PARALLEL := $(PYTEST) --numprocesses 2 --dist loadfile

test: tested
	$(PARALLEL) -m "not browser and not slow" $(ARGS) || [ $$? = $(NOTHING) ]
	$(PARALLEL) -m "browser and not slow" $(ARGS) || [ $$? = $(NOTHING) ]
	@if [ -s "$$BOOMERANG_NOT_RUN" ]; then cat "$$BOOMERANG_NOT_RUN"; fi

# `make test`, then the tests that it leaves out.
test-all: test
	$(PARALLEL) -m "slow and not browser" $(ARGS) || [ $$? = $(NOTHING) ]
	$(PARALLEL) -m "slow and browser" $(ARGS) || [ $$? = $(NOTHING) ]

tested: $(DEVELOPED) browser
	@$(BIN)/boomerang weights || true
	@mkdir -p .cache && rm -f "$$BOOMERANG_NOT_RUN"

check: $(DEVELOPED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) --no-print-directory test

lock: $(DEVELOPED)
	@$(BIN)/python scripts/lock.py $(ARGS)

bench: $(DEVELOPED) browser weights
	$(BIN)/python -m benchmarks $(ARGS)

screenshots: $(DEVELOPED) browser weights
	$(BIN)/python -m scripts.screenshots $(ARGS)

# The browser tests use Debian's Chromium, preferably the headless shell.
browser:
	@for name in chromium-headless-shell chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the browser tests"; \
		apt-get update -qq && for name in chromium-headless-shell chromium; do \
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$name && exit 0; \
		done; exit 1; \
	else \
		echo "The browser tests need Chromium, but none was found. On Debian: sudo apt-get install chromium-headless-shell" >&2; exit 1; \
	fi

supported:
	@$(if $(filter $(VERSION),$(PYTHONS)),,echo "$(UNSUPPORTED)" >&2; exit 1)

$(MADE): | supported
	@$(PYTHON) -c "import venv, ensurepip" 2>/dev/null || { \
		echo "$(PYTHON) cannot create virtual environments. On Debian: sudo apt-get install python3-venv python3-pip" >&2; exit 1; }
	@echo "Creating .venv with Python $(VERSION)"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@touch $@

# xllamacpp's wheel needs the system's libgomp, which minimal Debian installations don't have.
LOADS := $(BIN)/python -c "import xllamacpp" || echo "The LLM runtime cannot be loaded. On Debian: sudo apt-get install libgomp1" >&2

$(INSTALLED): requirements.txt requirements-build.txt pyproject.toml | $(MADE)
	@echo "Installing requirements.txt"
	@$(PIP) requirements.txt --requirement requirements-build.txt
	@$(PROJECT)
	@$(LOADS)
	@touch $@

$(DEVELOPED): requirements-dev.txt pyproject.toml | $(MADE)
	@echo "Installing requirements-dev.txt"
	@$(PIP) requirements-dev.txt
	@$(PROJECT)
	@$(LOADS)
	@touch $(INSTALLED) $@
