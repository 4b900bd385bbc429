# Ingot's front door: every target installs what it lacks (scripts/setup.sh), then does its work.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: build demo test test-asan check format bench clean help

# In CI nothing is written outside of the checkout.
ifeq ($(CI),true)
export CCACHE_DIR := $(CURDIR)/.cache/ccache
endif

PYTHON := .venv/bin/python

build: ## Build what users run: build/bin/trtexec, build/bin/ingot, build/lib, build/python
	@scripts/setup.sh build
	@$(MAKE) -s build/build.ninja
	cmake --build build --target ingot_programs

demo: build ## Read text from an image, from an ONNX model to the words
	@scripts/setup.sh test
	bash examples/ocr/demo.sh

test: build ## Build and run all tests
	cmake --build build
	ctest --preset release
	@if [ -d python/tests ]; then scripts/setup.sh test && $(PYTHON) -m pytest -q python/tests; fi

test-asan: ## Build and run all C++ tests with AddressSanitizer and UndefinedBehaviorSanitizer (build-asan/)
	@scripts/setup.sh build
	@$(MAKE) -s build-asan/build.ninja
	cmake --build build-asan
	ctest --preset debug-asan

check: ## Check formatting, layering, documents and lint (CHECK_ALL=1: lint all files, not the changed ones)
	@scripts/setup.sh build check
	@cmake --preset release >/dev/null && cmake --build build --target ingot_generated >/dev/null
	@scripts/check.sh

format: ## Format all C++ and CUDA sources
	@scripts/setup.sh check
	@scripts/check/format.sh --fix

bench: build ## Measure the CPU side by side with ONNX Runtime and OpenVINO
	@scripts/setup.sh bench
	$(PYTHON) bench/cpu/run.py

clean: ## Remove what was built (not .venv and .deps)
	rm -rf build build-asan

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

build/build.ninja: CMakePresets.json
	cmake --preset release
	@touch $@

build-asan/build.ninja: CMakePresets.json
	cmake --preset debug-asan
	@touch $@
