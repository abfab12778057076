# What a person types here. `make` alone says what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export PATH := $(CURDIR)/.tools/bin:$(PATH)
export RUSHES_TOOLS := $(CURDIR)/.tools
export RUSHES_FFMPEG := $(CURDIR)/.tools/bin/ffmpeg
# The end-to-end tests and `rushes dev` run the binaries that are built here.
override CARGO_TARGET_DIR := $(CURDIR)/target
export CARGO_TARGET_DIR
export RUSHES_BIN_DIR := $(CARGO_TARGET_DIR)/local

# One profile and one set of features for running and testing: every dependency is compiled once.
CARGO_FLAGS := --profile local --locked
NEXTEST_FLAGS := --cargo-profile local --locked

# The processors of what is deployed: x86_64 or arm64, whatever this machine has.
ARCHITECTURE ?= x86_64

.PHONY: help run test sam-local sam-local-test soak contract bench bench-peers fuzz check fmt setup layer deploy-check clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

run: ## Run everything here, local AWS included, and make a first video (ARGS="…" for rushes dev)
	@infra/local/setup
	cargo build $(CARGO_FLAGS) --workspace --bins
	@exec $(RUSHES_BIN_DIR)/rushes dev $(ARGS)

test: ## Run all tests, end to end ones included
	@infra/local/setup test
	cargo build $(CARGO_FLAGS) --workspace --bins --tests
	cargo nextest run $(NEXTEST_FLAGS) --workspace $(ARGS)

soak: ## A night in minutes: 1,000 tasks, workers killed, AWS answering badly (SOAK_TASKS=1000, ARGS="…" for nextest)
	@infra/local/setup test
	cargo build $(CARGO_FLAGS) --workspace --bins --tests
	cargo nextest run $(NEXTEST_FLAGS) --profile soak --workspace --run-ignored only -E 'test(/^soak_/) - test(contract)' $(ARGS)

contract: ## Ask the API everything that docs/openapi.json allows and forbids
	@infra/local/setup test
	cargo build $(CARGO_FLAGS) --workspace --bins --tests
	cargo nextest run $(NEXTEST_FLAGS) --profile soak --workspace --run-ignored only -E 'test(/^soak_/) & test(contract)' $(ARGS)

bench: ## Measure against ffmpeg, x264 and MoviePy: time, memory, quality, the API (ARGS=--quick)
	@infra/local/setup
	@tests/bench/setup
	cargo build $(CARGO_FLAGS) --workspace --bins --examples
	@exec $(RUSHES_TOOLS)/moviepy2/bin/python tests/bench/bench.py $(ARGS)

bench-peers: ## Measure against Remotion 4 in a headless Chromium (ARGS=--quick)
	@infra/local/setup
	@tests/bench/setup peers
	cargo build $(CARGO_FLAGS) --workspace --bins
	@exec $(RUSHES_TOOLS)/moviepy2/bin/python tests/bench/bench.py --peers $(ARGS)

sam-local: ## Run everything in the containers of `sam local`, against a local AWS (needs Docker)
	@infra/local/setup test
	@exec $(RUSHES_TOOLS)/venv/bin/python infra/local/sam_local.py $(ARGS)

sam-local-test: ## Have those containers make a video and a manifest of three rows
	@infra/local/setup test
	@$(RUSHES_TOOLS)/venv/bin/python infra/local/sam_local_test.py

fuzz: ## Feed the readers of specs and of H.264 streams with mutations, each for a minute (ARGS="10 spec")
	@infra/local/setup
	@exec fuzz/run $(ARGS)

check: ## Formatting, lints, docs, the stack's template, licences and sources of dependencies
	@infra/local/setup ci
	cargo fmt --all --check
	cargo clippy $(CARGO_FLAGS) --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc $(CARGO_FLAGS) --workspace --no-deps
	shellcheck .ci/run infra/local/setup tests/bench/setup fuzz/run
	AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 .tools/sam/bin/sam validate --lint
	.tools/sam/bin/cfn-lint infra/fargate/template.yaml
	cargo deny --locked check --hide-inclusion-graph licenses bans sources

fmt: ## Format the code
	cargo fmt --all

setup: ## Fetch what the project needs; the other targets do it themselves
	@infra/local/setup ci

layer: ## Build the Lambda layer with ffmpeg and the voices into target/layer (ARCHITECTURE=x86_64)
	@infra/local/setup test
	PATH="$(RUSHES_TOOLS)/sam/bin:$$PATH" python3 infra/layer/build.py --architecture $(ARCHITECTURE) target/layer

deploy-check: ## Say before `sam deploy` whether what it sends will hold (ARCHITECTURE=x86_64, ARGS=--no-build or --self-test)
	@infra/local/setup test
	@exec $(RUSHES_TOOLS)/venv/bin/python infra/check/deploy_check.py --architecture $(ARCHITECTURE) $(ARGS)

clean: ## Remove what was built and fetched
	rm -rf target .tools .rushes .aws-sam
