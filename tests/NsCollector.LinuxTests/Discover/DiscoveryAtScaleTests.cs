using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Telemetry;
using Xunit.Abstractions;

namespace NsCollector.LinuxTests.Discover;

/// <summary>
/// A thousand real cgroups in a v1 hierarchy and in the unified one. Only the test's own part of the hierarchies is walked,
/// so that other changes on the host do not count.
/// </summary>
[Collection(NamespaceTests.Name)]
public sealed class DiscoveryAtScaleTests(ITestOutputHelper output) : IDisposable
{
    private const int Count = 1000;
    private const int Walks = 50;

    private readonly TestCgroups _cgroups = new([.. TestCgroups.AllHierarchies().Where(h => h.EndsWith("/memory", StringComparison.Ordinal) || h.EndsWith("/unified", StringComparison.Ordinal) || h == "/sys/fs/cgroup")]);

    public void Dispose() => _cgroups.Dispose();

    [Fact]
    public void Walk_of_a_thousand_unchanged_containers_allocates_nothing()
    {
        string[] ids = [.. Enumerable.Range(0, Count).Select(i => i.ToString("x64", CultureInfo.InvariantCulture))];
        using var processes = Process.Start(new ProcessStartInfo("sh", ["-c", $"i=0; while [ $i -lt {Count} ]; do sleep 300 & echo $!; i=$((i+1)); done; wait"])
        {
            RedirectStandardOutput = true,
        })!;
        var pids = new Dictionary<string, int>();
        try
        {
            foreach (string id in ids)
            {
                pids[id] = int.Parse(processes.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
                _cgroups.Put(_cgroups.Make("docker/" + id), pids[id]);
            }

            var counters = new AgentCounters();
            using var discovery = new ContainerDiscovery(_cgroups.Mounts(), new HostRoots(), new DiscoverOptions(), counters, NullLogger.Instance);
            long started = Stopwatch.GetTimestamp();
            discovery.WalkOnce();
            TimeSpan cold = Stopwatch.GetElapsedTime(started);
            Assert.Equal(pids, discovery.Current.Containers.ToDictionary(container => container.Identity.Id, container => container.Init!.Pid));

            // A container is young, and polled for a better init process, for ten seconds.
            Thread.Sleep(10_500);
            discovery.WalkOnce();
            AssertSteady(discovery, "with a process", cold);

            Kill(pids.Values);
            processes.WaitForExit();
            Eventually.True(() => pids.Values.All(pid => !File.Exists($"/proc/{pid}/stat")), "the processes to end");
            discovery.WalkOnce();
            discovery.Acknowledge(discovery.Current.Generation);
            Assert.All(discovery.Current.Containers, container => Assert.Null(container.Init));
            AssertSteady(discovery, "without a process", null);
            Assert.Equal(Count, discovery.Current.Containers.Length);
            Assert.Equal(0, counters[AgentCounter.DiscoveryErrors]);
            Assert.Equal(0, counters[AgentCounter.IdentityErrors]);
        }
        finally
        {
            if (!processes.HasExited) Kill([.. pids.Values, processes.Id]);
        }
    }

    /// <summary>One program for all: Process.Kill of a tree reads all of /proc for each process.</summary>
    private static void Kill(IEnumerable<int> pids) => Command.Run("sh", "-c", $"kill -9 {string.Join(' ', pids)} 2>/dev/null || true");

    private void AssertSteady(ContainerDiscovery discovery, string which, TimeSpan? cold)
    {
        discovery.WalkOnce();
        long generation = discovery.Current.Generation;
        TimeSpan best = TimeSpan.MaxValue;
        long allocated = Allocated.LeastOf(() =>
        {
            for (int i = 0; i < Walks; i++)
            {
                long started = Stopwatch.GetTimestamp();
                discovery.WalkOnce();
                TimeSpan walk = Stopwatch.GetElapsedTime(started);
                if (walk < best) best = walk;
            }
        });
        output.WriteLine($"{Count} containers {which}: first walk {cold?.TotalMilliseconds:F1} ms, then {best.TotalMicroseconds / Count:F2} us a container in the best of {Walks} walks, {allocated} bytes in the cheapest of the rounds");
        Assert.Equal(generation, discovery.Current.Generation);
        Assert.Equal(0, allocated);
    }
}
