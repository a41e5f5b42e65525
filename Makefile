# SPDX-License-Identifier: Apache-2.0
# What people and CI run. `make` alone lists it.

JOBS ?= $(shell nproc)
# Where the presets build; see CMakePresets.json.
B := build
CMAKE_BUILD := cmake --build
CTEST := ctest --no-tests=error --output-on-failure -j $(JOBS)

.DEFAULT_GOAL := help
.PHONY: help build demo cases test check bench format tidy tsan fuzz clean bootstrap bootstrap-servers bootstrap-check

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: bootstrap $(B)/release/build.ninja  ## the program: build/release/matome
	$(CMAKE_BUILD) $(B)/release -j $(JOBS) --target matome

demo: build  ## generate a month of usage, summarise it, show the result
	tools/demo.sh $(B)/release/matome $(B)/demo

cases: bootstrap-servers $(B)/release/build.ninja  ## unit tests and case files, under a minute
	$(CMAKE_BUILD) $(B)/release -j $(JOBS)
	$(CTEST) --test-dir $(B)/release -L 'unit|case'

test: bootstrap-servers $(B)/release/build.ninja  ## all tests, under ten minutes
	$(CMAKE_BUILD) $(B)/release -j $(JOBS)
	$(CTEST) --test-dir $(B)/release

check: bootstrap-check  ## all that CI runs, each suite with a time budget
	JOBS=$(JOBS) tools/check.sh

bench: bootstrap-servers $(B)/release/build.ninja  ## measure: micro-benchmarks, and whole runs against rivals
	$(CMAKE_BUILD) $(B)/release -j $(JOBS) --target all matome_benchmarks
	tools/bench.sh $(B)/release

format: bootstrap-check  ## format all C++ sources in place
	tools/format.sh

tidy: bootstrap-check $(B)/tidy/build.ninja  ## clang-tidy on every source; results are remembered
	tools/run_tidy.py --build $(B)/tidy --jobs $(JOBS)

tsan: bootstrap-servers $(B)/tsan/build.ninja  ## unit tests and cases under ThreadSanitizer
	$(CMAKE_BUILD) $(B)/tsan -j $(JOBS)
	$(CTEST) --test-dir $(B)/tsan -L 'unit|case'

fuzz: bootstrap-check $(B)/fuzz/build.ninja  ## each fuzzer for FUZZ_SECONDS (default 60)
	$(CMAKE_BUILD) $(B)/fuzz -j $(JOBS) --target matome_fuzzers
	tools/fuzz.sh $(B)/fuzz $${FUZZ_SECONDS:-60}

clean:  ## remove all that was built; caches outside the checkout stay
	rm -rf $(B)

bootstrap:
	@tools/bootstrap.sh

bootstrap-servers:
	@tools/bootstrap.sh --servers

bootstrap-check:
	@tools/bootstrap.sh --check-tools

# Order-only: the tools must be there before CMake looks for them.
$(B)/%/build.ninja: CMakePresets.json | bootstrap
	cmake --preset $*
