# The one vocabulary of commands. Everything works from a bare clone with python3.11, pip and make.
PYTHON ?= python3
BIN := .venv/bin
RUN_STAMP := .venv/.run-$(shell sha256sum requirements.lock pyproject.toml 2>/dev/null | sha256sum | cut -c1-16)
DEV_STAMP := .venv/.dev-$(shell sha256sum requirements-dev.lock pyproject.toml 2>/dev/null | sha256sum | cut -c1-16)
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header -q
DEMO_FLAGS ?=

ARGS ?=
PACKAGES := hub features models audits ethics service
# One file of tests stays with one worker, so that what it makes for all of its tests is made once. The longest files, the
# journeys, come first: at the end one worker would wait for the other.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help demo test test-unit $(addprefix test-,$(PACKAGES)) prove check bench docs lock serve clean install install-dev

help: ## say what each word does
	@sed -n 's/^\([a-z-]\+\)[^:@]*:.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

$(RUN_STAMP):
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing from requirements.lock; the first time takes a few minutes."
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): requirements-dev.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing from requirements-dev.lock; the first time takes a few minutes."
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(RUN_STAMP)

install: $(RUN_STAMP)
install-dev: $(DEV_STAMP)

demo: install ## the whole journey on generated children, in ./workspace/lancashire
	$(BIN)/python -m service demo $(DEMO_FLAGS)

test: install-dev ## all tests, quick ones first, then the notebooks; ARGS="-k words" for some of them
ifeq ($(strip $(ARGS)),)
	$(BIN)/python -m tests.browser
	$(BIN)/python -m tests.java
	$(PYTEST) tests/unit
	$(PYTEST) --durations 20 tests/journey tests/integration
	$(BIN)/pytest -n 2 --nbmake --nbmake-timeout=400 -W default notebooks
else
	$(PYTEST) $(ARGS)
endif

test-unit: install-dev ## the quick tests alone
	$(PYTEST) tests/unit $(ARGS)

test-hub test-features test-models test-audits test-ethics test-service: test-%: install-dev ## unit and integration tests of one package, each of the six
	$(PYTEST) tests/unit/$* tests/integration/$* $(ARGS)

prove: install-dev ## the long proofs, whose smaller siblings are in make test, and every property on 20 times the examples
	$(PYTEST) -m prove --durations 20 $(ARGS)
ifeq ($(strip $(ARGS)),)
	$(PYTEST) --hypothesis-profile=prove tests/unit
endif

check: install-dev ## lint, types, and that generated pages are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m service.documentation.pages --check

docs: install-dev ## write the generated pages anew
	$(BIN)/python -m service.documentation.pages

bench: install-dev ## every figure, one JSON object a line; bench-hub for one stage, bench-hub.kills for a part; ARGS=--tiny
	@$(BIN)/python -m tests.bench $(ARGS)
bench-%: install-dev
	@$(BIN)/python -m tests.bench $* $(ARGS)

lock: install-dev ## resolve the newest compatible releases into the two lock files
	$(PIP) install uv
	$(UV_COMPILE) --upgrade -o requirements.lock > /dev/null
	$(UV_COMPILE) --upgrade --extra dev -c requirements.lock -o requirements-dev.lock > /dev/null

serve: install ## the scoring service on 127.0.0.1
	$(BIN)/python -m service serve

clean: ## remove what the commands made, but not your workspace
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis mlruns mlflow.db
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
