# The one vocabulary of commands. Everything works from a bare clone with python3.11, pip and make.
PYTHON ?= python3
BIN := .venv/bin
RUN_STAMP := .venv/.run-$(shell sha256sum requirements.lock pyproject.toml 2>/dev/null | sha256sum | cut -c1-16)
DEV_STAMP := .venv/.dev-$(shell sha256sum requirements-dev.lock pyproject.toml 2>/dev/null | sha256sum | cut -c1-16)
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header -q
DEMO_FLAGS ?=

.PHONY: help demo test check bench docs lock serve clean install install-dev

help: ## say what each word does
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

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
	$(BIN)/sentinel demo $(DEMO_FLAGS)

test: install-dev ## all tests, quick ones first, then the notebooks
	$(BIN)/python -m tests.browser
	$(BIN)/python -m tests.java
	$(BIN)/pytest -n 2 tests/unit
	$(BIN)/pytest -n 2 --dist loadfile tests/integration
	$(BIN)/pytest tests/journey
	$(BIN)/pytest --nbmake --nbmake-timeout=400 -W default -p no:xdist notebooks

check: install-dev ## lint, types, and that generated pages are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m service.documentation.pages --check

docs: install-dev ## write the generated pages anew
	$(BIN)/python -m service.documentation.pages

bench: bench-hub bench-features bench-models bench-audits bench-service ## every figure, one JSON object a line
bench-%: install-dev
	@$(BIN)/python -m tests.bench $*

lock: install-dev ## resolve the newest compatible releases into the two lock files
	$(PIP) install uv
	$(UV_COMPILE) --upgrade -o requirements.lock > /dev/null
	$(UV_COMPILE) --upgrade --extra dev -c requirements.lock -o requirements-dev.lock > /dev/null

serve: install ## the scoring service on 127.0.0.1
	$(BIN)/sentinel serve

clean: ## remove what the commands made, but not your workspace
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis mlruns mlflow.db
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
