using System.Globalization;
using System.Text.Json;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// Exits and final totals on pure cgroup v2, compared with the containers' own reports and with what systemd read from the same cgroups
/// at the end of their units.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class ExitTests(Guest guest)
{
    private const int MemoryMib = 24, Datagrams = 100, LifeMs = 8000;

    /// <summary>The CPU time that a process may use after its exit was detected; a tenth of what the workers burn at the end.</summary>
    private const long ZombieNs = 10_000_000;

    /// <summary>More than three are used only while none has a final exit: see <see cref="ContainerExit.FirstFinal"/>.</summary>
    private static readonly string[] ShortLived = [.. Enumerable.Range(1, 8).Select(i => $"end-brief-{i}")];

    [GuestFact]
    public void Final_totals_are_exact_even_for_very_short_lives()
    {
        Engine[] engines = [Engine.Docker(guest), Engine.Podman(guest)];
        Array.ForEach(engines, engine => WorkloadImage.Import(guest, engine.Name));
        // For units that used little, systemd logs this only at the debug level.
        guest.Run("systemctl log-level debug");
        // No cycle runs while they live.
        using var agent = new InstalledAgent(guest, interval: "10m");
        try
        {
            Assert.All(engines, engine =>
            {
                string[] said = [];
                Point exit = ContainerExit.FirstFinal(() =>
                {
                    engine.Remove("end-worker");
                    said = engine.Run($"run --name end-worker {WorkloadImage.Name} /bin/burn --cpu-ms 200 --memory-mib {MemoryMib} --send {engine.Gateway}:9:{Datagrams} --life-ms {LifeMs} --last-cpu-ms 100 --exit 3 || [ $? -eq 3 ]").Split('\n');
                    return AwaitExit(agent, engine, "end-worker");
                }, withNetwork: true);
                AssertAsSystemdSays(exit, engine.ScopeOf(exit.Text("container_id")));
                long burntNs = Burn.OfSelf(said).CpuNs - Burn.AtStart(said).CpuNs;
                Assert.True(exit.Integer("cpu_usage_ns") >= burntNs, $"{engine.Name}: {exit.Integer("cpu_usage_ns")}, and it says {burntNs}: {string.Join(" / ", said)}");
                Assert.True(exit.Integer("memory_max_usage_bytes") >= MemoryMib << 20);
                Assert.True(exit.Integer("tx_bytes") >= Datagrams * (1000 + 8 + 20 + 14));
                Assert.True(exit.Integer("lifetime_ns") >= LifeMs * 1_000_000L);
                Assert.Equal(0, exit.Integer("oom_kills"));
                Assert.False(exit.Boolean("oom_killed"));
                Assert.Equal(guest.ReportsExitStatus ? "exited" : "unknown", exit.Text("exit_reason"));
            });

            Assert.All(engines, engine =>
            {
                List<Point> exits = [];
                while (exits.Count < 3 || (exits.Count < ShortLived.Length && !exits.Exists(exit => exit.Boolean("final"))))
                {
                    engine.Run($"run --name {ShortLived[exits.Count]} --network none {WorkloadImage.Name} /bin/sleep 0.2");
                    exits.Add(AwaitExit(agent, engine, ShortLived[exits.Count]));
                }

                AssertFinalAsSystemdSays(exits, exit => engine.ScopeOf(exit.Text("container_id")));
                Assert.All(exits, exit => Assert.InRange(exit.Integer("lifetime_ns"), 200_000_000, 60_000_000_000));
            });
        }
        finally
        {
            guest.Run("systemctl log-level info");
            Array.ForEach(engines, engine => engine.Remove(["end-worker", .. ShortLived]));
        }
    }

    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Final_totals_of_machines_and_services_are_exact()
    {
        const string Machine = "end-machine", Service = "end-service", Lxc = "end-lxc";
        WorkloadImage.Root(guest);
        guest.Run("systemctl log-level debug");
        using var agent = new InstalledAgent(guest, "[discovery]\nsystemd_services = on\n", interval: "10m");
        try
        {
            RunningContainer[] containers =
            [
                NspawnMachine.StartUnit(guest, Machine),
                SystemdService.Start(guest, Service, "MemoryMax=64M"),
                LxcContainer.Start(guest, Lxc),
            ];
            Guest.Await(() => containers.All(container => CpuNs(container) >= WorkloadImage.BurntNs), "all have burned their CPU time");
            long[] leastNs = [.. containers.Select(CpuNs)];
            guest.Run($"machinectl kill --kill-whom leader --signal KILL {Machine}; systemctl stop {Service}.service; lxc-stop -k -n {Lxc}");

            Point[] exits = [.. containers.Select(container => ContainerExit.Await(agent, container.Runtime, container.Name, container.Id))];
            AssertFinalAsSystemdSays(exits[..2], exit => exit == exits[0] ? $"systemd-nspawn@{Machine}.service" : $"{Service}.service");
            for (int i = 0; i < containers.Length; i++)
            {
                if (exits[i].Boolean("final"))
                {
                    Assert.True(exits[i].Integer("cpu_usage_ns") >= leastNs[i], $"{containers[i].Name}: {exits[i].Integer("cpu_usage_ns")}, and {leastNs[i]} before its end");
                    Assert.True(exits[i].Integer("memory_max_usage_bytes") >= WorkloadImage.HeldBytes);
                }

                Assert.Equal(guest.ReportsExitStatus, exits[i].Has("exit_signal"));
                Assert.False(exits[i].Has("exit_code"));
            }
        }
        finally
        {
            guest.Run("systemctl log-level info");
            NspawnMachine.Remove(guest, Machine);
            SystemdService.Remove(guest, Service);
            LxcContainer.Remove(guest, Lxc);
        }

        long CpuNs(RunningContainer container) => 1000 * guest.Integer($"sed -n 's/^usage_usec //p' /sys/fs/cgroup{container.Cgroup}/cpu.stat");
    }

    private Point AwaitExit(InstalledAgent agent, Engine engine, string name)
    {
        Point exit = ContainerExit.Await(agent, engine.Name, name, engine.Run($"inspect -f '{{{{.Id}}}}' {name}"));
        Assert.Equal(WorkloadImage.Name, exit.Tags["image"]);
        // An unknown value is absent, not guessed.
        Assert.Equal(guest.ReportsExitStatus, exit.Has("exit_code"));
        Assert.False(exit.Has("exit_signal"));
        return exit;
    }

    private void AssertFinalAsSystemdSays(IReadOnlyCollection<Point> exits, Func<Point, string> unitOf)
    {
        Point[] final = [.. exits.Where(exit => exit.Boolean("final"))];
        Assert.NotEmpty(final);
        Assert.All(final, exit => AssertAsSystemdSays(exit, unitOf(exit)));
    }

    /// <summary>systemd logs the resources of a unit, from the same cgroup after its last process.</summary>
    private void AssertAsSystemdSays(Point exit, string unit)
    {
        string entry = "";
        string since = (exit.TimestampNs / 1_000_000_000).ToString(CultureInfo.InvariantCulture);
        Guest.Await(() => (entry = guest.Run($"journalctl --no-pager -o json --since @{since} UNIT={unit} MESSAGE_ID=ae8f7b866b0347b9af31fe1c80b127c0")).Length > 0, $"systemd's log entry about {unit}");
        JsonElement used = JsonDocument.Parse(entry.Split('\n')[^1]).RootElement;

        // The first reader may read before the last process, already a zombie, has left its processor.
        long systemdsNs = long.Parse(used.GetProperty("CPU_USAGE_NSEC").GetString()!, CultureInfo.InvariantCulture);
        Assert.InRange(exit.Integer("cpu_usage_ns"), systemdsNs - ZombieNs, systemdsNs + ZombieNs);
        if (used.TryGetProperty("MEMORY_PEAK", out JsonElement peak))
            Assert.Equal(long.Parse(peak.GetString()!, CultureInfo.InvariantCulture), exit.Integer("memory_max_usage_bytes"));
    }
}
