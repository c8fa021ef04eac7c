using System.Globalization;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// Start times and durations while somebody sets the wall clock, compared with the kernel's: /proc/PID/stat, /proc/stat and
/// /proc/uptime.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class ClockStepTests(Guest guest) : IDisposable
{
    // The unit of /proc/PID/stat (USER_HZ) and of /proc/uptime.
    private const long TickNs = 10_000_000;

    private const string Filter = "discovery:cgroup_paths=/system.slice/clock-*.service";

    private readonly List<string> _services = [];
    private int _aheadHours;

    public void Dispose()
    {
        if (Guest.SshConfig is null)
            return;
        Step(-_aheadHours);
        guest.Run($"systemctl stop {string.Join(' ', _services)} 2> /dev/null || true");
    }

    [GuestFact]
    public void Start_and_uptime_are_the_kernels_after_each_clock_step()
    {
        using var agent = new InstalledAgent(guest, $"[discovery]\n{Filter.Split(':')[1]}\n", interval: "500ms");
        Service first = Start("clock-1");
        AssertAsKernelSays(agent, first);
        Step(72);
        AssertAsKernelSays(agent, first);

        // One that started while the clock was ahead, and exits before that time.
        Service ahead = Start("clock-2");
        AssertAsKernelSays(agent, ahead);
        Step(-120);
        AssertAsKernelSays(agent, first, ahead);
        AssertExit(agent, ahead);
        Step(48);
        AssertExit(agent, first);
    }

    /// <summary>Sets the clock, as an administrator does.</summary>
    private void Step(int hours)
    {
        if (hours == 0)
            return;
        guest.Run($"date -s '{hours:+0;-0} hours' > /dev/null");
        _aheadHours += hours;
    }

    private Service Start(string name)
    {
        _services.Add(name);
        string[] words = guest.Run($"systemd-run --quiet --collect --unit {name} /bin/sleep 3600; systemctl show -P MainPID {name}").Split('\n');
        int pid = int.Parse(words[^1], CultureInfo.InvariantCulture);
        // After the name in parentheses comes field 3; the start is field 22 (proc_pid_stat(5)).
        string[] fields = guest.Run($"sed 's/.*) //' /proc/{pid}/stat").Split(' ');
        return new Service($"{name}.service", pid, long.Parse(fields[22 - 3], CultureInfo.InvariantCulture) * TickNs);
    }

    private void AssertAsKernelSays(InstalledAgent agent, params Service[] services)
    {
        Clocks before = ReadClocks();
        Point[] infos = [.. services.Select(service => AwaitInfo(agent, service))];
        Point[] once = [.. StrictParser.ParseAll(guest.Run($"nscollector sample --format influx --count 1 --interval 100ms --set '{Filter}' < /dev/null") + "\n").Where(point => point.Measurement == "container_info")];
        Clocks after = ReadClocks();
        for (int i = 0; i < services.Length; i++)
        {
            long startNs = infos[i].Integer("started_at_ns"), startBootNs = services[i].StartBoottimeNs;
            Assert.Equal(services[i].Pid, infos[i].Integer("pid"));
            Assert.Equal(startNs, Assert.Single(once, point => point.Container == infos[i].Container).Integer("started_at_ns"));
            Assert.Equal(0, startNs % TickNs);
            Assert.InRange(startNs, before.LeastOffsetNs + startBootNs - TickNs, after.MostOffsetNs + startBootNs + TickNs);
            // btime is the time of the boot in whole seconds.
            Assert.InRange(startNs - startBootNs - after.BootNs, -TickNs, 1_000_000_000 + TickNs);
            Assert.InRange(infos[i].Integer("uptime_ns"), before.UptimeNs - startBootNs - TickNs, after.UptimeNs - startBootNs + TickNs);
            Assert.InRange(infos[i].TimestampNs, before.WallNs, after.WallNs);
        }
    }

    private void AssertExit(InstalledAgent agent, Service service)
    {
        Clocks before = ReadClocks();
        guest.Run($"systemctl stop {service.Name}");
        Point? exit = null;
        Guest.Await(() => (exit = agent.Points.Find(point => point.Measurement == "container_exit" && point.Container == service.Name)) is not null, $"the exit of {service.Name}", () => agent.Log);
        Clocks after = ReadClocks();
        Assert.InRange(exit!.TimestampNs, before.WallNs, after.WallNs);
        Assert.InRange(exit.Integer("lifetime_ns"), before.UptimeNs - service.StartBoottimeNs - TickNs, after.UptimeNs - service.StartBoottimeNs + TickNs);
    }

    // By the order of the lines, because their times do not show which was written after the clock was set. The first cycle may
    // have begun before.
    private static Point AwaitInfo(InstalledAgent agent, Service service)
    {
        int seen = agent.Points.Count;
        Point[] infos = [];
        Guest.Await(() => (infos = [.. agent.Points.Skip(seen).Where(point => point.Measurement == "container_info" && point.Container == service.Name)]).Length >= 2, $"two samples of {service.Name}", () => agent.Log);
        return infos[1];
    }

    private Clocks ReadClocks()
    {
        string[] lines = guest.Run("date +%s%N; cut -d' ' -f1 /proc/uptime; date +%s%N; sed -n 's/^btime //p' /proc/stat").Split('\n');
        return new Clocks(
            long.Parse(lines[0], CultureInfo.InvariantCulture),
            long.Parse(lines[2], CultureInfo.InvariantCulture),
            (long)(decimal.Parse(lines[1], CultureInfo.InvariantCulture) * 1_000_000_000),
            long.Parse(lines[3], CultureInfo.InvariantCulture) * 1_000_000_000);
    }

    /// <summary>A service, and when the kernel says its process started, in ns since boot.</summary>
    private sealed record Service(string Name, int Pid, long StartBoottimeNs);

    /// <summary>The guest's clocks, in ns: the wall clock before and after the time since boot was read, and btime.</summary>
    private sealed record Clocks(long WallNs, long WallAfterNs, long UptimeNs, long BootNs)
    {
        /// <summary>The wall clock less the time since boot is at least this.</summary>
        public long LeastOffsetNs => WallNs - UptimeNs - TickNs;

        /// <inheritdoc cref="LeastOffsetNs"/>
        public long MostOffsetNs => WallAfterNs - UptimeNs;
    }
}
