using System.Globalization;
using System.Text.RegularExpressions;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Sample;

[Collection(NamespaceTests.Name)]
public sealed partial class StartTimeTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();

    public void Dispose() => _cgroups.Dispose();

    [Fact]
    public void Start_is_the_same_from_every_agent_and_in_every_format()
    {
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess("started");
        long expected = process.Directory.StartedBoottimeNs + Libc.ClockGettime(Libc.CLOCK_REALTIME) - Libc.ClockGettime(Libc.CLOCK_BOOTTIME);
        long[] starts = [.. ((string[])["influx", "influx", "influx", "json"]).Select(format => StartedAtNs(path, format))];
        Assert.All(starts, start => Assert.Equal(starts[0], start));
        Assert.Equal(0, starts[0] % BootClock.TickNs);
        Assert.InRange(starts[0] - expected, -BootClock.TickNs, BootClock.TickNs);
    }

    private static long StartedAtNs(string path, string format)
    {
        string[] words = AgentProgram.Words("sample", "--format", format, "--count", "1", "--interval", "100ms", "--set", $"discovery:cgroup_paths={path}");
        return long.Parse(Start().Match(Command.Run(words[0], words[1..])).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("started_at_ns\"?[=:] ?([0-9]+)")]
    private static partial Regex Start();
}
