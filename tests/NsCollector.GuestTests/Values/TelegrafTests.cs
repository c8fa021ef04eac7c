using System.Globalization;

namespace NsCollector.GuestTests.Values;

/// <summary>Telegraf's schema on pure cgroup v2 by the confined service, beside the kernel's files, for containers of two runtimes.</summary>
[Collection(GuestCollection.Name)]
public sealed class TelegrafTests(Guest guest)
{
    private const string Configuration = "[file:main]\nschema = telegraf\ntelegraf_perdevice = cpu, network, blkio\ntelegraf_host = on\n";

    [GuestFact]
    public void Sleeping_containers_have_the_kernels_values_under_Telegrafs_names()
    {
        Engine[] engines = [Engine.Docker(guest), Engine.Podman(guest)];
        using var agent = new InstalledAgent(guest, Configuration);
        try
        {
            foreach (Engine engine in engines) engine.Start(NameOf(engine), "--memory 64m", "/bin/sh -c 'head -c 2000000 /dev/zero > /tmp/x; exec sleep 3600'");
            RunningContainer[] containers = [.. engines.Select(engine => engine.Inspect(NameOf(engine)))];
            guest.Run("sleep 3");
            for (int i = 0; i < engines.Length; i++) AssertKernelsValues(agent, NameOf(engines[i]), containers[i]);
            foreach (string measurement in (string[])["cpu", "mem", "swap", "system", "disk", "diskio", "net", "docker"]) Assert.Contains(agent.Points, point => point.Measurement == measurement);
            Assert.DoesNotContain(agent.Points, point => point.Measurement.StartsWith("container_", StringComparison.Ordinal) || point.Measurement.StartsWith("nscollector", StringComparison.Ordinal));
        }
        finally
        {
            Array.ForEach(engines, engine => engine.Remove(NameOf(engine)));
        }
    }

    private static string NameOf(Engine engine) => "telegraf-" + engine.Name;

    private void AssertKernelsValues(InstalledAgent agent, string name, RunningContainer container)
    {
        string directory = "/sys/fs/cgroup" + container.Cgroup;
        long hostBefore = HostTicks(), fromNs = guest.NowNs;
        Guest.Await(() => Of(agent, name, "docker_container_blkio", fromNs).Length > 0 && Of(agent, name, "docker_container_cpu", fromNs).Any(point => point.Has("usage_percent")), "a sample", () => agent.Log);

        Point status = Of(agent, name, "docker_container_status", fromNs)[0];
        Assert.Equal((container.Pid, "running"), ((int)status.Integer("pid"), status.Tags["container_status"]));
        Assert.Equal(container.Runtime == "podman" ? "podman" : null, status.Tags.GetValueOrDefault("runtime"));
        Assert.Equal(64, status.Text("container_id").Length);

        Point memory = Of(agent, name, "docker_container_mem", fromNs)[0];
        Assert.Equal(64 << 20, memory.Integer("limit"));
        Assert.Equal(Key(directory, "memory.stat", "inactive_file"), memory.Integer("inactive_file"));
        Assert.Equal(Key(directory, "memory.stat", "pgfault"), memory.Integer("pgfault"));
        Assert.InRange(memory.Integer("usage") + memory.Integer("inactive_file"), guest.Integer($"cat {directory}/memory.current") - (1 << 20), guest.Integer($"cat {directory}/memory.current") + (1 << 20));
        Assert.Equal(guest.Integer($"cat {directory}/memory.peak"), memory.Integer("max_usage"));
        Assert.False(memory.Has("cache") || memory.Has("total_cache") || memory.Has("rss"));

        Point cpu = Of(agent, name, "docker_container_cpu", fromNs).Last();
        Assert.Equal("cpu-total", cpu.Tags["cpu"]);
        Assert.Equal(Key(directory, "cpu.stat", "usage_usec") * 1000, cpu.Integer("usage_total"));
        Assert.InRange(cpu.Integer("usage_system"), hostBefore * 10_000_000, (HostTicks() + 1) * 10_000_000);
        Assert.DoesNotContain(Of(agent, name, "docker_container_cpu", fromNs), point => point.Tags["cpu"] != "cpu-total");

        Assert.Contains(Of(agent, name, "docker_container_net", fromNs), point => point.Tags["network"] == "eth0");
        Assert.Contains(Of(agent, name, "docker_container_blkio", fromNs), point => point.Tags["device"] == "total");
    }

    private static Point[] Of(InstalledAgent agent, string name, string measurement, long afterNs) =>
        [.. agent.Points.Where(point => point.Measurement == measurement && point.TimestampNs > afterNs && point.Tags.GetValueOrDefault("container_name") == name)];

    private long Key(string directory, string file, string key) => guest.Integer($"awk '$1 == \"{key}\" {{ print $2 }}' {directory}/{file}");

    private long HostTicks() => guest.Run("head -1 /proc/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(7).Sum(text => long.Parse(text, CultureInfo.InvariantCulture));
}
