# Each target does its own set-up on a fresh machine and may be called from any directory (make -C).

root := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))

.PHONY: all build generate package test vm-test demo bench bench-deliver bench-lives bench-soak clean

all: build

# The native-AOT executable at artifacts/nscollector. Always handed to msbuild, which knows what is stale.
build:
	@$(root)packaging/build

# The documents, manual pages and completions that are made from the code; prints which ones it has changed.
generate:
	@$(root)packaging/prepare build
	@DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 dotnet run --project $(root)tools/NsCollector.DocGen -c Release -- $(root)

# .deb, .rpm and the rest at artifacts/packages.
package:
	@$(root)packaging/package

# Every test; the last line is "N passed, N failed".
test:
	@$(root)tests/run

# A Debian with systemd and pure cgroup v2, booted in QEMU: what is installed there, and used as an administrator does.
vm-test:
	@$(root)tests/vm/run

# Real containers, the agent over them, what it wrote.
demo: build
	@$(root)demo/run

# The cost per container-sample beside the C floor; the table goes to artifacts/bench.md.
bench: build
	@$(root)bench/run

# What delivery to InfluxDB costs beside a C program that delivers the same, and what a server that is down costs in memory.
bench-deliver: build
	@$(root)bench/deliver/run

# What being told of births and deaths costs, and how soon they can be read.
bench-lives: build
	@$(root)bench/lives/run

# Ten minutes against a server that is restarted every minute: is every point there?
bench-soak: build
	@$(root)bench/soak/run

clean:
	rm -rf $(root)artifacts
	find $(root)src $(root)tests $(root)tools $(root)bench -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
