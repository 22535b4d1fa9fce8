# `make run` and `make test` install everything that they need.
PYTHON ?= python3
PORT ?= 3000
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
export DO_NOT_TRACK := 1

.PHONY: install run check test stress bench lint ui lock clean

# Only install, for work on the data of a city.
install: .venv/run.stamp

run: .venv/run.stamp
	@echo 'run: the first run of the sample city takes two to four minutes'
	@$(BIN)/levelground run

# Before each commit: linters, types, unit and contract tests. After a change to the dbt project, also tests/integration/dbt.
check: .venv/dev.stamp
	$(BIN)/python -m tests.suite check

# Everything that CI runs: `check`, integration tests, and end-to-end tests in a browser.
test: .venv/dev.stamp
	$(BIN)/python -m tests.suite test

# Long tests of faults, history, clients and engines; ONLY="-k superset" runs some of them.
stress: .venv/dev.stamp
	$(BIN)/python -m tests.suite stress $(ONLY)

# Compare the product with the limit, a notebook and a stock pipeline (docs/performance.md); ROWS="1000000 10000000" ROUNDS=3
# CONTENDERS="full limit" OUT=folder STRICT=1; KEEP=folder keeps the seconds of this code there, and the next time compares with them
bench: .venv/dev.stamp
	$(BIN)/python -m tests.bench.city $(if $(ROWS),--rows $(ROWS)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(CONTENDERS),--contenders $(CONTENDERS)) $(if $(OUT),--out $(OUT)) $(if $(KEEP),--keep $(KEEP)) \
		$(if $(STRICT),--strict)

lint: .venv/dev.stamp
	$(BIN)/python -m tests.suite lint

ui: .venv/run.stamp
	$(BIN)/levelground ui --port $(PORT)

# The lock files name versions and hashes, never the host of an index. `requirements-uv.lock` is of uv itself, which pip installs.
lock: .venv/uv.stamp
	printf 'uv>=0.6\n' | $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--no-emit-index-url - -o requirements-uv.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
		--group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
		--group build --group dev pyproject.toml -o requirements-dev.lock

.venv/uv.stamp: requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else "Levelground needs Python 3.11, 3.12 or 3.13; this is %s: make PYTHON=python3.12 …" % sys.version.split()[0])'
	@echo 'install 1 of 3: a virtual environment in .venv, and uv (about 10 s)'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $@

# `levelground.egg-info` of earlier versions would hide the version that is installed.
# `sync` would take the development tools away again, so a .venv that has them serves for running as well.
.venv/run.stamp: .venv/uv.stamp requirements.lock pyproject.toml
	@echo "install 2 of 3: $$(grep -c == requirements.lock) packages: DuckDB, dbt, Dagster … (20 s to a few minutes)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	@rm -rf levelground.egg-info
	@echo 'install 3 of 3: levelground itself (a second)'
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/dev.stamp: .venv/uv.stamp requirements-dev.lock pyproject.toml
	@echo "install 2 of 3: $$(grep -c == requirements-dev.lock) packages and tools (20 s to a few minutes)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements-dev.lock
	@rm -rf levelground.egg-info
	@echo 'install 3 of 3: levelground itself (a second)'
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --no-index -e .
	@touch $@ .venv/run.stamp

clean:
	rm -rf .venv .levelground
