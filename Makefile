# Ingot's front door: every target installs what it lacks (scripts/setup.sh), then does its work.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: build demo test test-asan fuzz check format bench gpu-bundle gpu-test bench-gpu clean help

# In CI nothing is written outside of the checkout.
ifeq ($(CI),true)
export CCACHE_DIR := $(CURDIR)/.cache/ccache
endif

PYTHON := .venv/bin/python
PYTHON_GPU ?= python3
FUZZ_SECONDS ?= 300

build: ## Build what users run: build/bin/trtexec, build/bin/ingot, build/lib, build/python
	@scripts/setup.sh build
	@$(MAKE) -s build/build.ninja
	cmake --build build --target ingot_programs

demo: build ## Read text from an image, from an ONNX model to the words
	@scripts/setup.sh test
	bash examples/ocr/demo.sh

test: build ## Build and run all tests
	@scripts/setup.sh test
	cmake --build build
	ctest --preset release
	@if [ -d python/tests ]; then $(PYTHON) -m pytest -q python/tests; fi

test-asan: ## Build and run all C++ tests with AddressSanitizer and UndefinedBehaviorSanitizer (build-asan/)
	@scripts/setup.sh build
	@$(MAKE) -s build-asan/build.ninja
	cmake --build build-asan
	ctest --preset debug-asan

fuzz: build ## Fuzz the importer and the plan reader by libFuzzer (FUZZ_SECONDS=300; clang 19)
	@scripts/setup.sh test fuzz
	@cmake --preset fuzz >/dev/null
	cmake --build build-fuzz --target onnx_fuzzer plan_fuzzer
	scripts/fuzz.sh $(FUZZ_SECONDS)

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

gpu-bundle: build ## Pack programs, tests and benchmarks for a GPU machine: build/gpu_bundle.tar.xz
	scripts/gpu_bundle.sh

gpu-test: build ## Test on this machine's GPU: kernels, engines against the CPU's, compute-sanitizer
	@scripts/setup.sh test
	cmake --build build --target gpu_tests check_on_gpu
	scripts/gpu_test.sh

bench-gpu: build ## Measure the GPU side by side with PyTorch (needs a Python with PyTorch: PYTHON_GPU=...)
	$(PYTHON_GPU) bench/gpu/run.py

clean: ## Remove what was built (not .venv and .deps)
	rm -rf build build-asan build-fuzz

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

build/build.ninja: CMakePresets.json
	cmake --preset release
	@touch $@

build-asan/build.ninja: CMakePresets.json
	cmake --preset debug-asan
	@touch $@
