# Every target sets up .venv by itself and reuses it while the requirement files are unchanged.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
CODE   := zerodce export realtime benchmarks samples tests

.DEFAULT_GOAL := help
.PHONY: help demo test test-gpu check format bench bench-gpu weights lock clean

# On a GPU: .venv with PyCUDA, or as it is the Python that is named, as in make test-gpu GPU_PYTHON=python3.
GPU_PYTHON ?= $(BIN)/python
IN_VENV     = $(if $(filter command line environment,$(origin GPU_PYTHON)),,$(addprefix $(VENV)/,$(1)))

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.base  ## Enhance the sample clip into enhanced.mp4
	$(BIN)/zerodce-enhance samples/night_walk.mp4 enhanced.mp4 --overwrite

test: $(VENV)/.dev  ## Run the tests
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

test-gpu: $(call IN_VENV,.dev .pycuda)  ## Run the tests that need an NVIDIA GPU, see docs/gpu.md
	REQUIRE_GPU=1 $(GPU_PYTHON) -m pytest -m gpu tests/gpu

check: $(VENV)/.dev  ## Lint, check formatting and types
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy

format: $(VENV)/.dev  ## Format the code
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

bench: $(VENV)/.base  ## Measure frames per second on this machine
	$(BIN)/zerodce-bench fps samples/night_walk.mp4

bench-gpu: $(call IN_VENV,.base .pycuda)  ## Measure on an NVIDIA GPU, see docs/gpu.md
	@$(GPU_PYTHON) -m benchmarks gpu

weights: $(VENV)/.dev  ## Train and export what ships, or go on with that: make weights PANORAMAS=DIR PHOTOS=DIR
	@test -d "$(PANORAMAS)" -a -d "$(PHOTOS)" || { echo "Name both folders: make weights PANORAMAS=DIR PHOTOS=DIR" >&2; exit 1; }
	$(call train,context) --supervised --epochs 48 --batch-size 16 --learning-rate 0.002 --train-count 357
	$(BIN)/zerodce-export onnx runs/context/context.keras --overwrite
	$(call train,zero-dce) --epochs 45 --batch-size 8 --learning-rate 0.001 --train-count 360 --spatial-weight 5 --exposure-level 0.5
	$(BIN)/zerodce-export onnx runs/zero-dce/zero-dce.keras --overwrite
	@for file in $(WEIGHTS); do cmp -s runs/$${file%.*}/$$file zerodce/weights/$$file \
		&& echo "$$file: the same as what ships" || echo "$$file: differs from what ships"; done

WEIGHTS := context.keras context.onnx zero-dce.keras zero-dce.onnx
train = $(BIN)/zerodce-train fit "$(PANORAMAS)" "$(PHOTOS)" --darken --test-count 0 --size 128 --decay --seed 0 \
	--licence Apache-2.0 --note "Trained on CC0 and public-domain pictures alone, darkened on the fly." \
	--network $(1) $(if $(wildcard runs/$(1)/checkpoint.npz),--resume,--overwrite)

lock: $(VENV)/.dev  ## Pin the newest allowed packages in requirements/
	$(PIP) install uv
	$(BIN)/uv pip compile $(LOCK) --upgrade --extra train --group build --group dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile $(LOCK) --upgrade --constraint requirements/dev.txt --group build pyproject.toml -o requirements/base.txt

LOCK := --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header --no-annotate

clean:  ## Remove .venv and everything generated
	rm -rf $(VENV) enhanced.mp4 *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find $(CODE) -name __pycache__ -prune -exec rm -rf {} +

# .base: what running and exporting need. .dev: that, and what training, testing and checking need.
$(VENV)/.base: requirements/base.txt pyproject.toml | $(VENV)/bin/python
	@test -e $(VENV)/.dev || echo "Installing the requirements into $(VENV) ..."
	@test -e $(VENV)/.dev || $(PIP) install --require-hashes -r requirements/base.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the requirements for training and testing into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.base $@

$(VENV)/.pycuda: $(VENV)/.base
	@$(BIN)/python -c 'import pycuda' 2>/dev/null || $(PIP) install pycuda
	@touch $@

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 10) <= v <= (3, 14) or sys.exit("This needs Python 3.10 to 3.14, and $(PYTHON) is %d.%d: make PYTHON=python3.12 ..." % v)'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
