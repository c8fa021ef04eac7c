using System.Diagnostics;
using System.Globalization;
using Mono.Unix.Native;
using NsCollector.LinuxTests.Host.Systemd;

namespace NsCollector.LinuxTests.Host;

/// <summary>Runs <c>nscollector run</c> as a process, with real signals and a real notification socket.</summary>
public sealed class RunTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(Signum.SIGTERM)]
    [InlineData(Signum.SIGINT)]
    public void Stop_signal_exits_with_0(Signum signal)
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using NsCollectorProcess process = Start(socket);
        Assert.StartsWith("READY=1\nSTATUS=", socket.Receive(), StringComparison.Ordinal);
        Assert.Equal(0, Syscall.kill(process.Id, signal));
        socket.ReceiveUntil("STOPPING=1");
        (int exitCode, _, string error) = process.WaitForEnd();
        Assert.Equal(0, exitCode);
        Assert.Contains("Stopped", error, StringComparison.Ordinal);
    }

    [Fact]
    public void SIGHUP_reloads_and_continues()
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using NsCollectorProcess process = Start(socket);
        socket.ReceiveUntil("READY=1");
        for (int i = 0; i < 3; i++)
        {
            Syscall.kill(process.Id, Signum.SIGHUP);
            socket.ReceiveUntil("RELOADING=1");
            
            // The status of the first cycle may come between.
            socket.ReceiveUntil("READY=1");
        }

        Assert.False(process.HasExited);
        Syscall.kill(process.Id, Signum.SIGTERM);
        Assert.Equal(0, process.WaitForEnd().ExitCode);
    }

    /// <summary>cloud-init may set the host's name after the agent has started.</summary>
    [Theory]
    [InlineData("localhost", "web-7.example.org", null, "web-7")]
    [InlineData("ip-10-0-0-1", "db", null, "db")]
    [InlineData("localhost", "web-7", "configured", "configured")]
    public void SIGHUP_rereads_the_host_name_unless_configured(string before, string after, string? configured, string expected)
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        string[] settings = ["--set", "agent:interval=200ms", "--set", "filter:include=docker/nothing", .. configured is null ? (string[])[] : ["--set", $"agent:host={configured}"]];

        // In a UTS namespace of its own, so that the name of this machine stays.
        using NsCollectorProcess process = NsCollectorProcess.Start(
            Arguments(settings), Environment(socket), _directory.Path, through: ["unshare", "--uts", "sh", "-c", $"echo {before} > /proc/sys/kernel/hostname; exec \"$@\"", "sh"]);
        socket.ReceiveUntil("READY=1");
        Eventually.True(() => HostOfLastCycle() == (configured ?? before), $"a point of the host {configured ?? before}");
        Command.Run("nsenter", "--target", process.Id.ToString(CultureInfo.InvariantCulture), "--uts", "sh", "-c", $"echo {after} > /proc/sys/kernel/hostname");
        Syscall.kill(process.Id, Signum.SIGHUP);
        socket.ReceiveUntil("RELOADING=1");
        socket.ReceiveUntil("READY=1");
        int cycles = Cycles().Length;
        Eventually.True(() => Cycles().Length > cycles + 2, "two cycles after the reload");
        Assert.Equal(expected, HostOfLastCycle());
        Syscall.kill(process.Id, Signum.SIGTERM);
        (int exitCode, _, string error) = process.WaitForEnd();
        Assert.Equal(0, exitCode);
        Assert.Equal(configured is null, error.Contains($"host's name has changed from {before} to {expected}", StringComparison.Ordinal));
    }

    /// <summary>A parent such as nohup(1) may start the agent with a signal ignored.</summary>
    [Fact]
    public void Signals_ignored_by_the_parent_stay_ignored()
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using NsCollectorProcess process = NsCollectorProcess.Start(
            Arguments(), Environment(socket), _directory.Path, through: ["env", "--ignore-signal=INT", "nohup"]);
        socket.ReceiveUntil("READY=1");
        Syscall.kill(process.Id, Signum.SIGHUP);
        Syscall.kill(process.Id, Signum.SIGINT);
        const ulong HangUpAndInterrupt = (1UL << ((int)Signum.SIGHUP - 1)) | (1UL << ((int)Signum.SIGINT - 1));
        string ignored = File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal));
        Assert.Equal(HangUpAndInterrupt, ulong.Parse(ignored["SigIgn:".Length..], NumberStyles.AllowHexSpecifier | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture) & HangUpAndInterrupt);
        Assert.False(process.HasExited);
        Syscall.kill(process.Id, Signum.SIGTERM);
        Assert.Equal(0, process.WaitForEnd().ExitCode);
        while (socket.TryReceive(TimeSpan.Zero, out string? message)) Assert.DoesNotContain("RELOADING=1", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Log_goes_to_standard_error_with_priorities_for_journald()
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using NsCollectorProcess process = Start(socket, "--set", "agent:log_format=journald");
        socket.ReceiveUntil("READY=1");
        Syscall.kill(process.Id, Signum.SIGTERM);
        (_, string output, string error) = process.WaitForEnd();
        Assert.Empty(output);
        Assert.NotEmpty(error);
        Assert.All(error.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches("^<[2-7]>", line));
    }

    [Fact]
    public void Log_level_hides_less_severe_messages()
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using NsCollectorProcess process = Start(socket, "--set", "agent:log_level=error");
        socket.ReceiveUntil("READY=1");
        Syscall.kill(process.Id, Signum.SIGTERM);
        Assert.DoesNotContain("Stopping", process.WaitForEnd().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Closed_standard_error_does_not_stop_the_agent()
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using NsCollectorProcess process = NsCollectorProcess.Start(Arguments(), Environment(socket), _directory.Path, closeError: true);
        socket.ReceiveUntil("READY=1");

        // Each signal logs a line to a pipe without a reader. SIGPIPE would kill the process by default.
        for (int i = 0; i < 3; i++)
        {
            Syscall.kill(process.Id, Signum.SIGHUP);
            socket.ReceiveUntil("RELOADING=1");
            socket.ReceiveUntil("READY=1");
        }

        Syscall.kill(process.Id, Signum.SIGTERM);
        Assert.Equal(0, process.WaitForEnd().ExitCode);
    }

    [Fact]
    public void Notifications_arrive_in_order_with_time_of_reload()
    {
        using NotifySocket socket = new("@nscollector-test-" + Guid.NewGuid().ToString("N"));
        Dictionary<string, string> environment = Environment(socket);
        environment["WATCHDOG_USEC"] = "400000";
        using NsCollectorProcess process = NsCollectorProcess.Start(Arguments(), environment, _directory.Path);
        Assert.StartsWith("READY=1\nSTATUS=", socket.Receive(), StringComparison.Ordinal);
        Assert.StartsWith("STATUS=", socket.Receive(), StringComparison.Ordinal);
        Assert.Equal("WATCHDOG=1", socket.Receive());
        long before = MonotonicUs();
        Syscall.kill(process.Id, Signum.SIGHUP);
        string[] reloading = socket.ReceiveUntil("RELOADING=1").Split('\n');
        Assert.Equal(2, reloading.Length);
        Assert.StartsWith("MONOTONIC_USEC=", reloading[1], StringComparison.Ordinal);
        Assert.InRange(long.Parse(reloading[1]["MONOTONIC_USEC=".Length..], CultureInfo.InvariantCulture), before, MonotonicUs());
        Assert.StartsWith("READY=1\nSTATUS=", socket.Receive(), StringComparison.Ordinal);
        Syscall.kill(process.Id, Signum.SIGTERM);
        socket.ReceiveUntil("STOPPING=1");
        Assert.Equal(0, process.WaitForEnd().ExitCode);
        List<string> last = [];
        while (socket.TryReceive(TimeSpan.Zero, out string? message)) last.Add(message);
        Assert.Contains("STATUS=Finishing the cycle", last);
        Assert.DoesNotContain(last, message => message.StartsWith("READY=1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("directory")]
    [InlineData("long")]
    [InlineData("vsock:2:1")]
    [InlineData("full")]
    public void Unusable_socket_delays_no_cycle_and_is_logged_once(string kind)
    {
        string address = kind.Contains(':', StringComparison.Ordinal) ? kind : _directory.Path + "/" + (kind == "long" ? new string('a', 200) : kind);
        if (kind == "directory") Directory.CreateDirectory(address);
        using NotifySocket? socket = kind == "full" ? new NotifySocket(address) : null;
        socket?.Fill();
        Dictionary<string, string> environment = new() { ["NOTIFY_SOCKET"] = address, ["WATCHDOG_USEC"] = "2000000" };
        using NsCollectorProcess process = NsCollectorProcess.Start(Arguments("--set", "agent:interval=200ms", "--set", "filter:include=docker/nothing"), environment, _directory.Path);
        bool Sampled(int cycles) => File.Exists(_directory.Path + "/metrics.lp") && Cycles().Length >= cycles;

        // A full socket is detected by the next notification after 5 s.
        int enough = kind == "full" ? 40 : 15;
        Assert.True(SpinWait.SpinUntil(() => Sampled(enough) || process.HasExited, TimeSpan.FromSeconds(60)) && !process.HasExited);
        Stopwatch end = Stopwatch.StartNew();
        Syscall.kill(process.Id, Signum.SIGTERM);
        (int exitCode, _, string error) = process.WaitForEnd();
        Assert.Equal(0, exitCode);
        Assert.InRange(end.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
        Assert.Contains("Stopped", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n'), line => line.Contains("Cannot notify systemd", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_ends_with_1_if_the_only_reader_is_gone()
    {
        (int exitCode, string error) = RunInPipe("file:main:path=-");
        Assert.Equal(1, exitCode);
        Assert.Contains("the reader of standard output is gone, and there is no other sink", error, StringComparison.Ordinal);
    }

    /// <summary>124 is what timeout(1) answers for a program that it had to end.</summary>
    [Fact]
    public void Run_with_another_sink_goes_on_if_a_reader_is_gone()
    {
        (int exitCode, string error) = RunInPipe("file:pipe:path=-", $"file:main:path={_directory.Path}/metrics.lp");
        Assert.Equal(124, exitCode);
        Assert.Contains("the reader of standard output is gone", error, StringComparison.Ordinal);
        Assert.True(Cycles().Length > 5);
    }

    /// <summary>Stopped for two seconds in mid-life, as on a host without a free processor, it has skipped cycles.</summary>
    [Fact]
    public void Run_that_skips_cycles_warns_with_what_to_do()
    {
        using NsCollectorProcess process = NsCollectorProcess.Start(Arguments("--set", "agent:interval=200ms"), directory: _directory.Path);
        Eventually.True(() => File.Exists(_directory.Path + "/metrics.lp") && Cycles().Length > 2, "three cycles", patience: TimeSpan.FromSeconds(30));
        Syscall.kill(process.Id, Signum.SIGSTOP);
        Thread.Sleep(2000);
        Syscall.kill(process.Id, Signum.SIGCONT);
        int cycles = Cycles().Length;
        Eventually.True(() => Cycles().Length > cycles + 2, "three more cycles", patience: TimeSpan.FromSeconds(30));
        Syscall.kill(process.Id, Signum.SIGTERM);
        string error = process.WaitForEnd().Error;
        Assert.Contains("cycles, because a cycle ends", error, StringComparison.Ordinal);
        Assert.Contains("Raise agent.interval", error, StringComparison.Ordinal);
    }

    // Into head(1), which ends after the first line.
    private (int ExitCode, string Error) RunInPipe(params string[] sets)
    {
        string[] through = ["bash", "-c", "timeout 8 \"$@\" | head -n 1 > /dev/null; exit ${PIPESTATUS[0]}", "bash"];
        string[] arguments = ["run", "--set", "agent:interval=500ms", .. sets.SelectMany(set => (string[])["--set", set])];
        using NsCollectorProcess process = NsCollectorProcess.Start(arguments, directory: _directory.Path, through: through);
        (int exitCode, _, string error) = process.WaitForEnd();
        return (exitCode, error);
    }

    [Fact]
    public void Notify_thread_has_name_and_host_network_namespace()
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using NsCollectorProcess process = Start(socket);
        socket.ReceiveUntil("READY=1");
        string task = Assert.Single(Directory.GetDirectories($"/proc/{process.Id}/task"), task => File.ReadAllText(task + "/comm") == "notify\n");
        Assert.Equal(File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name, File.ResolveLinkTarget(task + "/ns/net", false)!.Name);
        Syscall.kill(process.Id, Signum.SIGTERM);
        Assert.Equal(0, process.WaitForEnd().ExitCode);
    }

    [Fact]
    public void Run_without_NOTIFY_SOCKET_has_no_notify_thread()
    {
        using NsCollectorProcess process = NsCollectorProcess.Start(Arguments(), directory: _directory.Path);
        Eventually.True(() => File.Exists(_directory.Path + "/metrics.lp") && Cycles().Length > 0, "a cycle", patience: TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(Directory.GetDirectories($"/proc/{process.Id}/task"), task => File.ReadAllText(task + "/comm") == "notify\n");
        Syscall.kill(process.Id, Signum.SIGTERM);
        (int exitCode, _, string error) = process.WaitForEnd();
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("Application", error, StringComparison.Ordinal);
    }

    private static long MonotonicUs() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);

    // The agent's points about itself, one a cycle.
    private string[] Cycles() => [.. File.ReadAllLines(_directory.Path + "/metrics.lp").Where(line => line.StartsWith("nscollector,", StringComparison.Ordinal) && line.Contains("cycles=", StringComparison.Ordinal))];

    private string? HostOfLastCycle() => File.Exists(_directory.Path + "/metrics.lp") && Cycles() is [.., string last] ? last["nscollector,host=".Length..].Split(' ', ',')[0] : null;

    private NsCollectorProcess Start(NotifySocket socket, params string[] more) => NsCollectorProcess.Start(Arguments(more), Environment(socket), _directory.Path);

    private string[] Arguments(params string[] more) => ["run", "--set", $"file:main:path={_directory.Path}/metrics.lp", .. more];

    private static Dictionary<string, string> Environment(NotifySocket socket) => new() { ["NOTIFY_SOCKET"] = socket.Address };
}
