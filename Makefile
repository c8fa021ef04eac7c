# Each target does its own set-up on a fresh machine and may be called from any directory (make -C).

root := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))

.PHONY: all build generate package test vm-test demo bench bench-deliver bench-lives bench-soak bench-threads bench-peers bench-volume bench-choices bench-page bench-host bench-otlp clean

all: build

# The native-AOT executable at artifacts/nscollector. MSBuild always runs: it knows what is stale.
build:
	@$(root)packaging/build

# Documents, manual pages and completions generated from the code. Prints which files changed.
generate:
	@$(root)packaging/prepare build
	@DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 dotnet run --project $(root)tools/NsCollector.DocGen -c Release -- $(root)

# .deb, .rpm and the rest at artifacts/packages.
package:
	@$(root)packaging/package

# Every test; the last line is "N passed, N failed".
test:
	@$(root)tests/run

# Tests of the installed packages in a Debian guest with systemd and pure cgroup v2, booted in QEMU.
vm-test:
	@$(root)tests/vm/run

# Starts real containers, runs the agent on them and shows what it wrote.
demo: build
	@$(root)demo/run

# The cost of one container sample, compared with a C program that does the same reads. Writes artifacts/bench.md.
bench: build
	@$(root)bench/run

# How long a cycle over 3,000 containers takes on one and on two sampling threads. Writes artifacts/bench-threads.md.
bench-threads: build
	@$(root)bench/threads/run

# The cost of delivery to InfluxDB, compared with a C program that delivers the same lines, and the memory that a server
# outage costs. Writes artifacts/bench-deliver.md.
bench-deliver: build
	@$(root)bench/deliver/run

# The cost of detecting births and exits, and the delay until their points are written. Writes artifacts/bench-lives.md.
bench-lives: build
	@$(root)bench/lives/run

# Checks that every point arrives at a server that is restarted every minute for ten minutes. Writes artifacts/bench-soak.md.
bench-soak: build
	@$(root)bench/soak/run

# What Netdata, collectd and docker stats cost beside the agent, on real Docker containers. Writes artifacts/bench-peers.md.
bench-peers: build
	@$(root)bench/peers/run

# The bytes that the agent writes, with and without agent.suppress_unchanged. Writes artifacts/bench-volume.md.
bench-volume: build
	@$(root)bench/volume/run

# The bytes that choices of metrics write (docs/choosing.md). Writes artifacts/bench-choices.md.
bench-choices: build
	@$(root)bench/choices/run

# The CPU time and the size of the Prometheus page. Writes artifacts/bench-page.md.
bench-page: build
	@$(root)bench/page/run

# What the measurements of the host cost. Writes artifacts/bench-host.md.
bench-host: build
	@$(root)bench/host/run

# What an OTLP sink adds to the sampling thread. Writes artifacts/bench-otlp.md.
bench-otlp: build
	@$(root)bench/otlp/run

clean:
	rm -rf $(root)artifacts
	find $(root)src $(root)tests $(root)tools $(root)bench -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
