# Thin recipes; CI calls the same ones.
.DELETE_ON_ERROR:
.DEFAULT_GOAL := test

# === demo ===

# What install.sh fills.
CACHE := $(or $(SIDECAR_TEST_CACHE),$(HOME)/.cache/oauth2-sidecar)

# A provider, two apps, a sidecar before each: prints one URL to open, Ctrl-C stops all.
.PHONY: demo
demo:
	cargo build --locked -p oauth2-sidecar -p sidecar-demo
	@exec target/debug/demo

# The same behind a real Envoy with TLS for *.example.com.
.PHONY: demo-gateway
demo-gateway:
	tests/counterparts/install.sh envoy
	cargo build --locked -p oauth2-sidecar -p sidecar-demo
	@exec target/debug/demo --gateway $(CACHE)/envoy/bin/envoy

# === test ===

.PHONY: test
test:
	tests/run.sh

# deploy/ on a real Kubernetes and Istio: the image in pods' networks, behind an Envoy that istiod configures. Cold, it
# builds both for a quarter of an hour. Needs root; what else it lacks it says first.
.PHONY: test-kube
test-kube:
	tests/kube/enter.sh --check
	$(MAKE) --no-print-directory image
	tests/counterparts/kube/install.sh
	tests/counterparts/install.sh oidc-provider envoy browser ingress-nginx
	cargo test --locked --no-run -p sidecar-kube --test kube
	tests/kube/enter.sh cargo test --locked --offline -p sidecar-kube --test kube

# The original and ours, live, side by side; the table is in target/parity.md. Besides the cases in git, requests and
# configurations are made by chance, sixteen from seed 1 on. `make parity PARITY_SECONDS=600 PARITY_SEED=100` goes on for so
# long from there; `PARITY_SECONDS=0` is that seed alone.
.PHONY: parity
parity:
	tests/counterparts/install.sh original oidc-provider emulate gitea
	cargo build --locked -p oauth2-sidecar
	cargo test --locked -p sidecar-parity -- --nocapture

# Each parser of foreign bytes, for a while each; findings are in fuzz/artifacts. It begins with the corpus in git, and what
# it learns stays in fuzz/grown. libFuzzer comes with the crate, and the compiler's own switches for it are let in by
# RUSTC_BOOTSTRAP. No sanitizer: nothing here is unsafe.
# `make fuzz FUZZ_TARGETS="template htpasswd" FUZZ_SECONDS=600` for some of them, and longer.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(sort $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs))))

.PHONY: fuzz
fuzz:
	cargo install --quiet --locked --root $(CACHE)/cargo-fuzz --version 0.13.1 cargo-fuzz
	for target in $(FUZZ_TARGETS); do \
		mkdir -p fuzz/grown/$$target fuzz/corpus/$$target; \
		(cd fuzz && RUSTC_BOOTSTRAP=1 $(CACHE)/cargo-fuzz/bin/cargo-fuzz run --sanitizer none $$target \
			grown/$$target corpus/$$target -- -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
			-print_final_stats=1) || exit 1; \
	done

# What a commit must pass before its tests count.
.PHONY: check
check:
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked -p sidecar-kube --test kube -- -D warnings
	RUSTFLAGS='--cfg fuzzing' cargo clippy --locked --manifest-path fuzz/Cargo.toml -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps
	cargo xtask layers
	cargo xtask docs --check

# === release ===

HOST := $(shell rustc -vV | sed -n 's/^host: //p')
RELEASE := target/$(HOST)/release/oauth2-sidecar

# One static binary, its half a megabyte of relocations packed. The flags are given together with --target, so that they
# do not reach proc-macros and build scripts. Two of aws-lc's ways to do AES-GCM, 330 kB each, are for bulk data on
# processors with AVX-512: left out. Where the sources lie does not show in the binary, so that everybody's is the same.
CARGO_SOURCES := $(or $(CARGO_HOME),$(HOME)/.cargo)
RELEASE_FLAGS := -C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs \
	--remap-path-prefix=$(CARGO_SOURCES)=/cargo --remap-path-prefix=$(CURDIR)=/src

.PHONY: release
release:
	RUSTFLAGS='$(RELEASE_FLAGS)' AWS_LC_SYS_CFLAGS=-DMY_ASSEMBLER_IS_TOO_OLD_FOR_512AVX \
		cargo build --release --locked --target $(HOST) -p oauth2-sidecar

.PHONY: image
image: release
	tests/counterparts/install.sh buildah
	deploy/docker/image.sh $(RELEASE)

# === bench ===

# `make bench SECONDS=4 ROUNDS=3` for a short one.
SECONDS ?= 6
ROUNDS ?= 5

.PHONY: bench
bench: release target/bench/decoder
	tests/counterparts/install.sh original nginx wrk vegeta
	bench/run.py --binary $(RELEASE) --seconds $(SECONDS) --rounds $(ROUNDS)

# The original's own session store makes the cookies.
target/bench/decoder: $(wildcard tests/parity/decoder/*.go) tests/parity/decoder/go.mod
	mkdir -p $(@D)
	cd tests/parity/decoder && go build -o $(CURDIR)/$@ .
