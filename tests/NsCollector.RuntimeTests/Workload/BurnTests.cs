using System.Diagnostics;
using System.Globalization;

namespace NsCollector.RuntimeTests.Workload;

/// <summary>Checks burn, which other tests rely on, against the kernel and its parent process.</summary>
public sealed class BurnTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-burn-").FullName;

    [Fact]
    public void Reported_cpu_time_matches_the_parents_and_the_request()
    {
        string file = Path.Combine(_directory, "output");
        // times prints user and system time of the shell, then of its children, to a hundredth of a second.
        string[] printed = Command.Run("sh", "-c", "\"$@\"; times", "sh", Burn.Program, "--cpu-ms", "150", "--system-ms", "100", "--children", "2:100", "--last-cpu-ms", "50", "--output", file).Split('\n');
        double[] seen = [.. printed[^1].Split(' ').Select(Seconds)];

        Burn said = Burn.OfSelf(printed);
        Assert.Equal(said, Burn.OfSelf(File.ReadAllLines(file)));
        Assert.Equal(Burn.AtStart(printed), Burn.AtStart(File.ReadAllLines(file)));
        Assert.InRange(Burn.AtStart(printed).CpuNs, 0, 50_000_000);
        // It burns in steps of about 100 µs. Losing the processor in between does not change the sum.
        Assert.InRange(said.UserUs + said.SystemUs, 500_000, 600_000);
        Assert.InRange(said.UserUs, 300_000, 500_000);
        Assert.InRange(said.SystemUs, 30_000, 250_000);
        Assert.Equal((said.UserUs + said.SystemUs) / 1e6, seen[0] + seen[1], 0.03);
    }

    [Theory]
    [InlineData("5000000\n")]
    [InlineData("usage_usec 5000\nuser_usec 4000\n")]
    public void Cgroup_line_has_the_time_of_the_file(string text)
    {
        string cgroup = Path.Combine(_directory, "cgroup"), file = Path.Combine(_directory, "output");
        File.WriteAllText(cgroup, text);
        string[] printed = Command.Run(Burn.Program, "--cgroup-file", cgroup, "--output", file).Split('\n');
        Assert.Equal(5_000_000, Burn.OfCgroup(printed));
        Assert.Equal(printed, File.ReadAllLines(file));
        Assert.Equal(125, Command.Try(Burn.Program, "--cgroup-file", cgroup + "-absent").Status);
        Assert.Equal(2, Command.Try(Burn.Program, "--cgroup-file").Status);
    }

    [Fact]
    public void Life_has_the_requested_length_before_the_last_cpu_time()
    {
        var clock = Stopwatch.StartNew();
        Burn said = Burn.OfSelf(Command.Run(Burn.Program, "--cpu-ms", "20", "--life-ms", "500").Split('\n'));
        Assert.InRange(clock.ElapsedMilliseconds, 500, 5000);
        Assert.InRange(said.CpuNs, 20_000_000, 60_000_000);

        clock.Restart();
        Assert.InRange(Burn.OfSelf(Command.Run(Burn.Program, "--life-ms", "300", "--last-cpu-ms", "200").Split('\n')).CpuNs, 200_000_000, 250_000_000);
        Assert.InRange(clock.ElapsedMilliseconds, 500, 5000);
    }

    [Fact]
    public void Exit_has_the_requested_status_or_signal()
    {
        foreach (int code in new[] { 0, 3, 255 })
            Assert.Equal(code, Command.Try(Burn.Program, "--exit", $"{code}").Status);
        foreach (int signal in new[] { 4, 6, 7, 9, 11, 15 })
            Assert.Equal(128 + signal, Status("", $"--signal {signal}"));
        Assert.Equal(2, Command.Try(Burn.Program, "--exit", "256").Status);
        Assert.Equal(2, Command.Try(Burn.Program, "--exitt", "1").Status);
        Assert.Equal(2, Command.Try(Burn.Program, "--children", "2").Status);
    }

    [RequiresFact("unshare")]
    public void Signal_as_init_uses_faults_or_reports_failure()
    {
        foreach (int signal in new[] { 4, 7, 11 })
            Assert.Equal(128 + signal, Status("unshare --pid --fork", $"--signal {signal}"));
        Assert.Equal(125, Status("unshare --pid --fork", "--signal 15"));
    }

    [Fact]
    public void Orphans_outlive_their_parent_and_report_their_cpu_time()
    {
        string file = Path.Combine(_directory, "output");
        // Orphans inherit standard output and error, so redirect both, or the caller would wait for them.
        Command.Run("sh", "-c", "\"$@\" > /dev/null 2>&1", "sh", Burn.Program, "--orphans", "2:30:5000", "--output", file);
        Burn.OfSelf(File.ReadAllLines(file));
        Assert.Empty(Burn.OfOrphans(File.ReadAllLines(file)));
        Eventually.True(() => Burn.OfOrphans(File.ReadAllLines(file)).Length == 2, "two orphans have reported");
        Assert.All(Burn.OfOrphans(File.ReadAllLines(file)), orphan => Assert.InRange(orphan.CpuNs, 30_000_000, 80_000_000));
    }

    [Fact]
    public void Memory_has_the_requested_size()
    {
        using Process burn = Command.Start(Burn.Program, "--memory-mib", "40", "--life-ms", "60000");
        try
        {
            Eventually.True(() => ResidentBytes(burn.Id) is > (40 << 20) and < (50 << 20), "40 MiB are resident", () => $"{ResidentBytes(burn.Id)} bytes");
        }
        finally
        {
            burn.Kill();
        }
    }

    [RequiresFact("unshare", "ip")]
    public void Send_sends_the_requested_datagrams()
    {
        using Process burn = Command.Start("unshare", "--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", Burn.Program, "--send", "127.0.0.1:9:200", "--life-ms", "60000");
        try
        {
            // Payload, UDP, IP and Ethernet headers. Nobody listens, so some datagrams cause responses.
            const int OnTheWire = 200 * (1000 + 8 + 20 + 14);
            string host = File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name;
            Eventually.True(() => File.ResolveLinkTarget($"/proc/{burn.Id}/ns/net", false)!.Name != host, "burn has its own network namespace");
            Eventually.True(() => ProcessNetwork.Read(burn.Id, "lo").TxBytes >= OnTheWire, "200 datagrams are sent", () => $"{ProcessNetwork.Read(burn.Id, "lo")}");
        }
        finally
        {
            burn.Kill();
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    // The shell reports death by a signal as 128 plus its number.
    private static int Status(string before, string arguments) =>
        int.Parse(Command.Run("sh", "-c", $"{before} {Burn.Program} {arguments} > /dev/null 2>&1; echo $?").Split('\n')[^1], CultureInfo.InvariantCulture);

    private static double Seconds(string time)
    {
        int minutes = time.IndexOf('m', StringComparison.Ordinal);
        return (60 * double.Parse(time[..minutes], CultureInfo.InvariantCulture)) + double.Parse(time[(minutes + 1)..].TrimEnd('s'), CultureInfo.InvariantCulture);
    }

    private static long ResidentBytes(int pid) => long.Parse(File.ReadAllText($"/proc/{pid}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
