using System.Diagnostics;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Host.Systemd;

namespace NsCollector.LinuxTests.Host.Systemd;

public sealed class SystemdNotifierTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CapturingLogger _log = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Notify_sends_each_message_as_sd_notify_defines_it(bool isAbstract)
    {
        using NotifySocket socket = new(isAbstract ? "@nscollector-test-" + Guid.NewGuid().ToString("N") : _directory.Path + "/notify");
        using BackgroundNotifier notifier = new(socket.CreateNotifier(), _log);
        Assert.True(notifier.IsEnabled);
        notifier.SetReadyStatus("37\ncontainers");
        notifier.Notify(ServiceState.Ready);
        Assert.Equal("READY=1\nSTATUS=37 containers", socket.Receive());
        notifier.NotifyStatus("ä\nREADY=0\0");
        Assert.Equal("STATUS=ä READY=0 ", socket.Receive());
        notifier.NotifyReloading(123456);
        Assert.Equal("RELOADING=1\nMONOTONIC_USEC=123456", socket.Receive());
        notifier.NotifyWatchdog();
        Assert.Equal("WATCHDOG=1", socket.Receive());
        notifier.Notify(ServiceState.Stopping);
        Assert.Equal("STOPPING=1", socket.Receive());
        Assert.Empty(_log.Messages);
    }

    [Fact]
    public void Notify_without_systemd_does_nothing_and_starts_no_thread()
    {
        using BackgroundNotifier notifier = new(NotifySocket.PackageNotifier(null), _log);
        Assert.False(notifier.IsEnabled);
        notifier.Notify(ServiceState.Ready);
        notifier.NotifyWatchdog();
        Assert.Equal(0, notifier.Failed);
        Assert.Empty(_log.Messages);
    }

    [Theory]
    [InlineData("vsock:2:1234", "neither a path nor")]
    [InlineData("relative/path", "neither a path nor")]
    [InlineData("/a…", "longer")]
    [InlineData("@a…", "longer")]
    [InlineData("/run/systemd/notify", null)]
    [InlineData("@abstract", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void AddressProblem_names_what_cannot_be_a_socket(string? address, string? problem)
    {
        string? found = BackgroundNotifier.AddressProblem(address?.Replace("…", new string('a', 200), StringComparison.Ordinal));
        if (problem is null) Assert.Null(found);
        else Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing", "nothing listens")]
    [InlineData("directory", "nothing listens")]
    [InlineData("long", "cannot send")]
    public void Failing_socket_is_counted_and_logged_once(string kind, string reason)
    {
        string path = _directory.Path + "/" + (kind == "long" ? new string('a', 200) : kind);
        if (kind == "directory") Directory.CreateDirectory(path);
        using BackgroundNotifier notifier = new(NotifySocket.PackageNotifier(path), _log);
        for (int i = 1; i <= 5; i++)
        {
            notifier.NotifyStatus("x");
            Assert.True(SpinWait.SpinUntil(() => notifier.Failed == i, TimeSpan.FromSeconds(30)));
        }

        string message = Assert.Single(_log.Messages);
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Contains("NOTIFY_SOCKET", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Full_socket_blocks_no_caller_and_Dispose_for_one_second()
    {
        using NotifySocket socket = new(_directory.Path + "/notify");
        socket.Fill();
        BackgroundNotifier notifier = new(socket.CreateNotifier(), _log, overdue: TimeSpan.FromMilliseconds(50));
        Stopwatch time = Stopwatch.StartNew();
        for (int i = 0; i < 10_000; i++)
        {
            notifier.NotifyStatus("x");
            notifier.NotifyWatchdog();
            notifier.Notify(ServiceState.Ready);
        }

        // 30,000 calls, none of which waits for the socket.
        Assert.InRange(time.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.InRange(notifier.Failed, 10_000 - BackgroundNotifier.MaxQueuedStates - 1, 10_000);
        Thread.Sleep(100);
        notifier.NotifyStatus("x");
        notifier.NotifyStatus("y");
        string message = Assert.Single(_log.Messages);
        Assert.Contains("does not read", message, StringComparison.Ordinal);
        time.Restart();
        notifier.Dispose();
        Assert.InRange(time.Elapsed, TimeSpan.FromMilliseconds(900), TimeSpan.FromSeconds(10));

        // Unblocks the notifier's thread.
        while (socket.TryReceive(TimeSpan.FromMilliseconds(200), out _))
        {
        }
    }

    [Fact]
    public void Message_that_is_not_sent_in_time_is_counted_once()
    {
        HeldNotifier held = new();
        using BackgroundNotifier notifier = new(held, _log, overdue: TimeSpan.FromMilliseconds(50));
        notifier.NotifyStatus("stuck");
        held.AwaitCall();
        Thread.Sleep(200);
        Assert.Equal(0, notifier.Failed);
        for (int i = 0; i < 3; i++) notifier.NotifyStatus("x");
        Assert.Equal(1, notifier.Failed);
        Assert.Single(_log.Messages);
        held.Release();
    }

    [Fact]
    public void Queue_keeps_order_of_states_and_latest_status()
    {
        HeldNotifier held = new();
        using (BackgroundNotifier notifier = new(held, NullLogger.Instance))
        {
            notifier.NotifyStatus("first");
            held.AwaitCall();
            for (int i = 0; i < 3; i++)
            {
                notifier.NotifyWatchdog();
                notifier.NotifyStatus("old");
            }

            notifier.NotifyReloading(1);
            notifier.SetReadyStatus("reloaded");
            notifier.Notify(ServiceState.Ready);
            notifier.NotifyStatus("new");
            notifier.Notify(ServiceState.Stopping);
            held.Release();
        }

        Assert.Equal(
            ["STATUS=first", "RELOADING=1\nMONOTONIC_USEC=1", "READY=1\nSTATUS=reloaded", "STOPPING=1", "STATUS=new", "WATCHDOG=1"], held.Messages);
    }

    [Fact]
    public void READY_is_not_sent_after_STOPPING_and_replaces_an_older_status()
    {
        HeldNotifier held = new();
        using (BackgroundNotifier notifier = new(held, NullLogger.Instance))
        {
            notifier.NotifyWatchdog();
            held.AwaitCall();
            notifier.NotifyStatus("older");
            notifier.SetReadyStatus("ready");
            notifier.Notify(ServiceState.Ready);
            notifier.Notify(ServiceState.Stopping);
            notifier.Notify(ServiceState.Ready);
            held.Release();
        }

        Assert.Equal(["WATCHDOG=1", "READY=1\nSTATUS=ready", "STOPPING=1"], held.Messages);
    }

    [Fact]
    public void Full_queue_drops_oldest_state_and_counts_it()
    {
        HeldNotifier held = new();
        using (BackgroundNotifier notifier = new(held, NullLogger.Instance))
        {
            notifier.NotifyWatchdog();
            held.AwaitCall();
            for (int i = 0; i < BackgroundNotifier.MaxQueuedStates + 2; i++) notifier.NotifyReloading(i);
            Assert.Equal(2, notifier.Failed);
            held.Release();
        }

        Assert.Equal(Enumerable.Range(2, BackgroundNotifier.MaxQueuedStates).Select(i => $"RELOADING=1\nMONOTONIC_USEC={i}"), held.Messages.Skip(1));
    }

    [Theory]
    [InlineData("20000000", "42", 20.0)]
    [InlineData("20000000", null, 20.0)]
    [InlineData("20000000", "43", null)]
    [InlineData("0", "42", null)]
    [InlineData("-5", "42", null)]
    [InlineData("99999999999999999999", "42", null)]
    [InlineData(null, "42", null)]
    public void Watchdog_timeout_needs_matching_pid(string? usec, string? pid, double? seconds)
    {
        TimeSpan? timeout = WatchdogTimeout.FromEnvironment(name => name == "WATCHDOG_USEC" ? usec : name == "WATCHDOG_PID" ? pid : null, processId: 42);
        Assert.Equal(seconds, timeout?.TotalSeconds);
    }

    /// <summary>Records messages and blocks until it is released.</summary>
    private sealed class HeldNotifier : ISystemdNotifier
    {
        private readonly ManualResetEventSlim _called = new();
        private readonly ManualResetEventSlim _released = new();

        public bool IsEnabled => true;

        internal List<string> Messages { get; } = [];

        public void Notify(ServiceState state)
        {
            Messages.Add(state.ToString());
            _called.Set();
            _released.Wait(TimeSpan.FromSeconds(30));
        }

        internal void AwaitCall() => Assert.True(_called.Wait(TimeSpan.FromSeconds(30)));

        internal void Release() => _released.Set();
    }
}
