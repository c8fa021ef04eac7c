using Mono.Unix.Native;
using NsCollector.LinuxTests.Host.Systemd;
using NsCollector.Tests;
using NsCollector.Tests.Cli;

namespace NsCollector.LinuxTests.Host;

/// <summary>nscollector run as a process: real signals, a real notification socket, what it says on which stream.</summary>
public sealed class RunTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(Signum.SIGTERM)]
    [InlineData(Signum.SIGINT)]
    public void A_signal_ends_it_with_0(Signum signal)
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
    public void A_hang_up_reloads_and_does_not_end_it()
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using NsCollectorProcess process = Start(socket);
        socket.ReceiveUntil("READY=1");
        for (int i = 0; i < 3; i++)
        {
            Syscall.kill(process.Id, Signum.SIGHUP);
            socket.ReceiveUntil("RELOADING=1");
            Assert.Contains("READY=1", socket.Receive(), StringComparison.Ordinal);
        }

        Assert.False(process.HasExited);
        Syscall.kill(process.Id, Signum.SIGTERM);
        Assert.Equal(0, process.WaitForEnd().ExitCode);
    }

    [Fact]
    public void Nothing_of_the_log_is_on_standard_output_and_each_line_for_the_journal_has_its_priority()
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
    public void The_level_of_the_log_holds()
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using NsCollectorProcess process = Start(socket, "--set", "agent:log_level=error");
        socket.ReceiveUntil("READY=1");
        Syscall.kill(process.Id, Signum.SIGTERM);
        Assert.DoesNotContain("Stopping", process.WaitForEnd().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void That_nobody_reads_its_log_any_more_is_no_reason_to_die()
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using NsCollectorProcess process = NsCollectorProcess.Start(Arguments(), Environment(socket), _directory.Path, closeError: true);
        socket.ReceiveUntil("READY=1");

        // Each logs a line into a pipe without a reader: SIGPIPE, at its default, would kill.
        for (int i = 0; i < 3; i++)
        {
            Syscall.kill(process.Id, Signum.SIGHUP);
            socket.ReceiveUntil("RELOADING=1");
            socket.ReceiveUntil("READY=1");
        }

        Syscall.kill(process.Id, Signum.SIGTERM);
        Assert.Equal(0, process.WaitForEnd().ExitCode);
    }

    private NsCollectorProcess Start(NotifySocket socket, params string[] more) => NsCollectorProcess.Start(Arguments(more), Environment(socket), _directory.Path);

    private string[] Arguments(params string[] more) => ["run", "--set", $"file:main:path={_directory.Path}/metrics.lp", .. more];

    private static Dictionary<string, string> Environment(NotifySocket socket) => new() { ["NOTIFY_SOCKET"] = socket.Address };
}
