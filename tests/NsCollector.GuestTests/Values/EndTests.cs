using System.Globalization;
using System.Text.Json;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// How containers end on pure cgroup v2 and what they had used by then, beside what they say themselves and what systemd, whose
/// units they are, has read of the same cgroups at their end.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class EndTests(Guest guest)
{
    private const int MemoryMib = 24, Datagrams = 100, LifeMs = 8000;

    /// <summary>What a process may use after it was seen to have ended; a tenth of what the workers use in the end.</summary>
    private const long ZombieNs = 10_000_000;

    /// <summary>More than three only as long as none of them has a final end: see <see cref="ContainerEnd.FirstFinal"/>.</summary>
    private static readonly string[] Brief = [.. Enumerable.Range(1, 8).Select(i => $"end-brief-{i}")];

    [GuestFact]
    public void Final_totals_are_exact_even_for_very_short_lives()
    {
        Engine[] engines = [Engine.Docker(guest), Engine.Podman(guest)];
        Array.ForEach(engines, engine => WorkloadImage.Import(guest, engine.Name));
        // Of units that have used little, systemd says it only where it is asked to say all.
        guest.Run("systemctl log-level debug");
        // No cycle of the agent's comes while they live.
        using var agent = new InstalledAgent(guest, interval: "10m");
        try
        {
            Assert.All(engines, engine =>
            {
                string[] said = [];
                Point exit = ContainerEnd.FirstFinal(() =>
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
            });

            Assert.All(engines, engine =>
            {
                List<Point> exits = [];
                while (exits.Count < 3 || (exits.Count < Brief.Length && !exits.Exists(exit => exit.Boolean("final"))))
                {
                    engine.Run($"run --name {Brief[exits.Count]} --network none {WorkloadImage.Name} /bin/sleep 0.2");
                    exits.Add(AwaitExit(agent, engine, Brief[exits.Count]));
                }

                AssertFinalAsSystemdSays(exits, exit => engine.ScopeOf(exit.Text("container_id")));
                Assert.All(exits, exit => Assert.InRange(exit.Integer("lifetime_ns"), 200_000_000, 60_000_000_000));
            });
        }
        finally
        {
            guest.Run("systemctl log-level info");
            Array.ForEach(engines, engine => engine.Remove(["end-worker", .. Brief]));
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
            Guest.Await(() => containers.All(container => CpuNs(container) >= WorkloadImage.BurntNs), "all have burnt what they burn");
            long[] leastNs = [.. containers.Select(CpuNs)];
            guest.Run($"machinectl kill --kill-whom leader --signal KILL {Machine}; systemctl stop {Service}.service; lxc-stop -k -n {Lxc}");

            Point[] exits = [.. containers.Select(container => ContainerEnd.Await(agent, container.Runtime, container.Name, container.Id))];
            AssertFinalAsSystemdSays(exits[..2], exit => exit == exits[0] ? $"systemd-nspawn@{Machine}.service" : $"{Service}.service");
            for (int i = 0; i < containers.Length; i++)
            {
                if (exits[i].Boolean("final"))
                {
                    Assert.True(exits[i].Integer("cpu_usage_ns") >= leastNs[i], $"{containers[i].Name}: {exits[i].Integer("cpu_usage_ns")}, and {leastNs[i]} before its end");
                    Assert.True(exits[i].Integer("memory_max_usage_bytes") >= WorkloadImage.HeldBytes);
                }

                Assert.Equal(guest.TellsExitStatus, exits[i].Has("exit_signal"));
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
        Point exit = ContainerEnd.Await(agent, engine.Name, name, engine.Run($"inspect -f '{{{{.Id}}}}' {name}"));
        Assert.Equal(WorkloadImage.Name, exit.Tags["image"]);
        // What is not known is not guessed.
        Assert.Equal(guest.TellsExitStatus, exit.Has("exit_code"));
        Assert.False(exit.Has("exit_signal"));
        return exit;
    }

    private void AssertFinalAsSystemdSays(IReadOnlyCollection<Point> exits, Func<Point, string> unitOf)
    {
        Point[] final = [.. exits.Where(exit => exit.Boolean("final"))];
        Assert.NotEmpty(final);
        Assert.All(final, exit => AssertAsSystemdSays(exit, unitOf(exit)));
    }

    /// <summary>systemd notes in the journal what a unit has used, from the same cgroup after its last process.</summary>
    private void AssertAsSystemdSays(Point exit, string unit)
    {
        string entry = "";
        string since = (exit.TimestampNs / 1_000_000_000).ToString(CultureInfo.InvariantCulture);
        Guest.Await(() => (entry = guest.Run($"journalctl --no-pager -o json --since @{since} UNIT={unit} MESSAGE_ID=ae8f7b866b0347b9af31fe1c80b127c0")).Length > 0, $"systemd's word on {unit}");
        JsonElement used = JsonDocument.Parse(entry.Split('\n')[^1]).RootElement;

        // Whoever reads first may do so before the last process, a zombie by then, has given its processor up.
        long systemdsNs = long.Parse(used.GetProperty("CPU_USAGE_NSEC").GetString()!, CultureInfo.InvariantCulture);
        Assert.InRange(exit.Integer("cpu_usage_ns"), systemdsNs - ZombieNs, systemdsNs + ZombieNs);
        if (used.TryGetProperty("MEMORY_PEAK", out JsonElement peak))
            Assert.Equal(long.Parse(peak.GetString()!, CultureInfo.InvariantCulture), exit.Integer("memory_max_usage_bytes"));
    }
}
