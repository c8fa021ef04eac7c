using System.Globalization;

namespace NsCollector.GuestTests.Values;

/// <summary>Telegraf's schema on pure cgroup v2 by the confined service, beside the kernel's files, for containers of two runtimes.</summary>
[Collection(GuestCollection.Name)]
public sealed class TelegrafTests(Guest guest)
{
    private const string Configuration = "[file:main]\nschema = telegraf\ntelegraf_perdevice = cpu, network, blkio\ntelegraf_host = on\n";

    [GuestTheory]
    [InlineData("docker")]
    [InlineData("podman")]
    public void Sleeping_container_has_the_kernels_values_under_Telegrafs_names(string runtime)
    {
        Engine engine = runtime == "docker" ? Engine.Docker(guest) : Engine.Podman(guest);
        using var agent = new InstalledAgent(guest, Configuration);
        try
        {
            engine.Start("telegraf-values", "--memory 64m", "/bin/sh -c 'head -c 2000000 /dev/zero > /tmp/x; exec sleep 3600'");
            RunningContainer container = engine.Inspect("telegraf-values");
            string directory = "/sys/fs/cgroup" + container.Cgroup;
            guest.Run("sleep 3");
            long hostBefore = HostTicks(), fromNs = guest.NowNs;
            Guest.Await(() => Of(agent, "docker_container_blkio", fromNs).Length > 0 && Of(agent, "docker_container_cpu", fromNs).Any(point => point.Has("usage_percent")), "a sample", () => agent.Log);

            Point status = Of(agent, "docker_container_status", fromNs)[0];
            Assert.Equal((container.Pid, "running"), ((int)status.Integer("pid"), status.Tags["container_status"]));
            Assert.Equal(runtime == "podman" ? "podman" : null, status.Tags.GetValueOrDefault("runtime"));
            Assert.Equal(64, status.Text("container_id").Length);

            Point memory = Of(agent, "docker_container_mem", fromNs)[0];
            Assert.Equal(64 << 20, memory.Integer("limit"));
            Assert.Equal(Key(directory, "memory.stat", "inactive_file"), memory.Integer("inactive_file"));
            Assert.Equal(Key(directory, "memory.stat", "pgfault"), memory.Integer("pgfault"));
            Assert.InRange(memory.Integer("usage") + memory.Integer("inactive_file"), guest.Integer($"cat {directory}/memory.current") - (1 << 20), guest.Integer($"cat {directory}/memory.current") + (1 << 20));
            Assert.Equal(guest.Integer($"cat {directory}/memory.peak"), memory.Integer("max_usage"));
            Assert.False(memory.Has("cache") || memory.Has("total_cache") || memory.Has("rss"));

            Point cpu = Of(agent, "docker_container_cpu", fromNs).Last();
            Assert.Equal("cpu-total", cpu.Tags["cpu"]);
            Assert.Equal(Key(directory, "cpu.stat", "usage_usec") * 1000, cpu.Integer("usage_total"));
            Assert.InRange(cpu.Integer("usage_system"), hostBefore * 10_000_000, (HostTicks() + 1) * 10_000_000);
            Assert.DoesNotContain(Of(agent, "docker_container_cpu", fromNs), point => point.Tags["cpu"] != "cpu-total");

            Assert.Contains(Of(agent, "docker_container_net", fromNs), point => point.Tags["network"] == "eth0");
            Assert.Contains(Of(agent, "docker_container_blkio", fromNs), point => point.Tags["device"] == "total");
            foreach (string measurement in (string[])["cpu", "mem", "swap", "system", "disk", "diskio", "net", "docker"]) Assert.Contains(agent.Points, point => point.Measurement == measurement);
            Assert.DoesNotContain(agent.Points, point => point.Measurement.StartsWith("container_", StringComparison.Ordinal) || point.Measurement.StartsWith("nscollector", StringComparison.Ordinal));
        }
        finally
        {
            engine.Remove("telegraf-values");
        }
    }

    private static Point[] Of(InstalledAgent agent, string measurement, long afterNs) =>
        [.. agent.Points.Where(point => point.Measurement == measurement && point.TimestampNs > afterNs && point.Tags.GetValueOrDefault("container_name") == "telegraf-values")];

    private long Key(string directory, string file, string key) => guest.Integer($"awk '$1 == \"{key}\" {{ print $2 }}' {directory}/{file}");

    private long HostTicks() => guest.Run("head -1 /proc/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(7).Sum(text => long.Parse(text, CultureInfo.InvariantCulture));
}
