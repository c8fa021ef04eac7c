using NsCollector.Host.Systemd;
using NsCollector.Tests;

namespace NsCollector.LinuxTests.Host.Systemd;

public sealed class SystemdNotifierTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_message_arrives_at_a_path_and_at_an_abstract_address_as_sd_notify_defines_it(bool isAbstract)
    {
        using NotifySocket socket = new(isAbstract ? "@nscollector-test-" + Guid.NewGuid().ToString("N") : _directory.Path + "/notify");
        using SystemdNotifier notifier = Make(("NOTIFY_SOCKET", socket.Address));
        Assert.True(notifier.Enabled);
        Assert.True(notifier.Ready("37 containers"));
        Assert.Equal("READY=1\nSTATUS=37 containers", socket.Receive());
        Assert.True(notifier.Status("ä\nREADY=0\0"));
        Assert.Equal("STATUS=ä READY=0 ", socket.Receive());
        Assert.True(notifier.Reloading(123456));
        Assert.Equal("RELOADING=1\nMONOTONIC_USEC=123456", socket.Receive());
        Assert.True(notifier.Watchdog());
        Assert.Equal("WATCHDOG=1", socket.Receive());
        Assert.True(notifier.Stopping());
        Assert.StartsWith("STOPPING=1\n", socket.Receive(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_systemd_every_message_is_a_silent_success()
    {
        using SystemdNotifier notifier = Make();
        Assert.False(notifier.Enabled);
        Assert.Null(notifier.Problem);
        Assert.True(notifier.Ready("x"));
        Assert.True(notifier.Watchdog());
    }

    [Theory]
    [InlineData("vsock:2:1234")]
    [InlineData("relative/path")]
    public void An_address_of_another_kind_is_refused_with_a_reason(string address)
    {
        using SystemdNotifier notifier = Make(("NOTIFY_SOCKET", address));
        Assert.False(notifier.Enabled);
        Assert.Contains("NOTIFY_SOCKET", notifier.Problem, StringComparison.Ordinal);
        Assert.False(notifier.Ready("x"));
    }

    [Fact]
    public void An_address_that_is_too_long_is_refused_with_a_reason()
    {
        using SystemdNotifier notifier = Make(("NOTIFY_SOCKET", "/" + new string('a', 200)));
        Assert.Contains("longer", notifier.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_that_is_gone_is_an_answer_and_no_exception()
    {
        using SystemdNotifier notifier = Make(("NOTIFY_SOCKET", _directory.Path + "/nobody"));
        Assert.False(notifier.Ready("x"));
    }

    [Fact]
    public void A_systemd_that_does_not_read_delays_a_message_by_no_more_than_its_timeout()
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using SystemdNotifier notifier = Make(("NOTIFY_SOCKET", socket.Address));
        int sent = 0;

        // The kernel queues net.unix.max_dgram_qlen messages (10, or as many as are set); after that each waits.
        while (sent < 100_000 && notifier.Watchdog()) sent++;
        Assert.InRange(sent, 1, 99_999);
    }

    [Theory]
    [InlineData("20000000", "42", 20.0)]
    [InlineData("20000000", null, 20.0)]
    [InlineData("20000000", "43", null)]
    [InlineData("0", "42", null)]
    [InlineData("-5", "42", null)]
    [InlineData("99999999999999999999", "42", null)]
    [InlineData(null, "42", null)]
    public void The_watchdog_is_this_processs_only_where_its_pid_matches(string? usec, string? pid, double? seconds)
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        using SystemdNotifier notifier = Make(("NOTIFY_SOCKET", socket.Address), ("WATCHDOG_USEC", usec), ("WATCHDOG_PID", pid));
        Assert.Equal(seconds, notifier.WatchdogTimeout?.TotalSeconds);
    }

    private static SystemdNotifier Make(params (string Name, string? Value)[] variables) =>
        SystemdNotifier.FromEnvironment(name => variables.FirstOrDefault(variable => variable.Name == name).Value, processId: 42);
}
