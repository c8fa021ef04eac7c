using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Host;
using NsCollector.Host.Systemd;
using NsCollector.LinuxTests.Host.Systemd;

namespace NsCollector.LinuxTests.Host;

/// <summary>Start, stop and notifications of the agent over a fake core and a real notification socket.</summary>
public sealed class AgentTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly NotifySocket _socket;
    private readonly FakeCore _core = new();
    private readonly List<int> _exits = [];

    public AgentTests() => _socket = new NotifySocket(_directory.Path + "/notify");

    public void Dispose()
    {
        _socket.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Ready_is_sent_after_start_and_stopping_before_exit()
    {
        using AgentHost host = CreateHost();
        Task<int> run = Task.Run(() => host.RunWithoutSignals());
        Assert.Equal("READY=1\nSTATUS=fake", _socket.Receive());
        Assert.Equal(["start"], _core.Calls);
        host.Agent.OnSignal(PosixSignal.SIGTERM);
        Assert.StartsWith("STOPPING=1", _socket.ReceiveUntil("STOPPING=1"), StringComparison.Ordinal);
        Assert.Equal(0, await run);
        Assert.Equal(["start", "stop", "wait 7"], _core.Calls);
        Assert.Empty(_exits);
    }

    [Fact]
    public void Dispose_sends_last_messages_and_disposes_core_once()
    {
        AgentHost host = CreateHost();
        host.Agent.OnSignal(PosixSignal.SIGTERM);
        Assert.Equal(0, host.RunWithoutSignals());
        Assert.Equal(0, _core.Disposals);
        host.Dispose();
        Assert.Equal(1, _core.Disposals);
        List<string> messages = [];
        while (_socket.TryReceive(TimeSpan.Zero, out string? message)) messages.Add(message);
        Assert.Equal(["READY=1\nSTATUS=fake", "STOPPING=1", "STATUS=Finishing the cycle"], messages);
    }

    [Fact]
    public async Task SIGHUP_reopens_between_RELOADING_and_READY()
    {
        using AgentHost host = CreateHost();
        Task<int> run = Task.Run(() => host.RunWithoutSignals());
        _socket.Receive();
        long before = Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);
        host.Agent.OnSignal(PosixSignal.SIGHUP);
        string reloading = _socket.ReceiveUntil("RELOADING=1");
        long stamp = long.Parse(reloading.Split("MONOTONIC_USEC=")[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(stamp, before, before + 60_000_000);
        Assert.StartsWith("READY=1", _socket.Receive(), StringComparison.Ordinal);
        Assert.Contains("reopen", _core.Calls);
        host.Agent.OnSignal(PosixSignal.SIGINT);
        Assert.Equal(0, await run);
    }

    [Fact]
    public async Task Second_signal_exits_immediately()
    {
        _core.Stopped.Reset();
        using AgentHost host = CreateHost();
        Task<int> run = Task.Run(() => host.RunWithoutSignals());
        _socket.Receive();
        host.Agent.OnSignal(PosixSignal.SIGTERM);
        Assert.Empty(_exits);
        host.Agent.OnSignal(PosixSignal.SIGINT);
        Assert.Equal([1], _exits);
        _core.Stopped.Set();
        await run;
    }

    [Fact]
    public void Core_that_cannot_start_exits_with_1_and_is_never_ready()
    {
        _core.StartProblem = "no cgroups";
        using AgentHost host = CreateHost();
        Assert.Equal(1, host.RunWithoutSignals());
        Assert.Equal("STATUS=Cannot start: no cgroups", _socket.Receive());
        Assert.False(_socket.TryReceive(TimeSpan.Zero, out _));
    }

    [Fact]
    public void SIGTERM_during_start_stops_and_is_never_ready()
    {
        using AgentHost host = CreateHost();
        _core.Starting = () => host.Lifetime.StopApplication();
        Assert.Equal(0, host.RunWithoutSignals());
        Assert.Equal(["start", "stop", "wait 7"], _core.Calls);
        Assert.Equal("STOPPING=1", _socket.Receive());
        Assert.Equal("STATUS=Finishing the cycle", _socket.Receive());
        Assert.False(_socket.TryReceive(TimeSpan.FromMilliseconds(200), out _));
    }

    [Fact]
    public async Task ReportFailure_stops_normally_and_exits_with_1()
    {
        using AgentHost host = CreateHost();
        Task<int> run = Task.Run(() => host.RunWithoutSignals());
        _socket.Receive();
        host.Agent.ReportFailure("the sampling thread ended");
        Assert.Equal(1, await run);
        Assert.Equal(["start", "stop", "wait 7"], _core.Calls);
    }

    [Fact]
    public void Core_that_hangs_while_stopping_exits_with_1()
    {
        _core.Stopped.Reset();
        using AgentHost host = CreateHost();
        host.Agent.OnSignal(PosixSignal.SIGTERM);
        Assert.Equal(1, host.RunWithoutSignals());
    }

    [Fact]
    public async Task Status_is_sent_again_soon_after_start_without_watchdog()
    {
        using AgentHost host = CreateHost();
        Task<int> run = Task.Run(() => host.RunWithoutSignals());
        Assert.Equal("READY=1\nSTATUS=fake", _socket.Receive());
        Assert.Equal("STATUS=fake", _socket.Receive());
        host.Agent.OnSignal(PosixSignal.SIGTERM);
        Assert.Equal(0, await run);
    }

    [Fact]
    public async Task Watchdog_gets_keep_alives_while_cycles_complete()
    {
        using AgentHost host = CreateHost(watchdog: "200000");
        Task<int> run = Task.Run(() => host.RunWithoutSignals());
        _core.LastCycleCompletedMonotonicNs = MonotonicNs();
        for (int i = 0; i < 3; i++) _socket.ReceiveUntil("WATCHDOG=1");
        host.Agent.OnSignal(PosixSignal.SIGTERM);
        Assert.Equal(0, await run);
    }

    [Fact]
    public async Task Watchdog_gets_no_keep_alives_if_cycles_stall()
    {
        // The timeout is two intervals and half a minute. A negative interval makes it expire at once.
        using AgentHost host = CreateHost(watchdog: "200000", interval: TimeSpan.FromSeconds(-20));
        Task<int> run = Task.Run(() => host.RunWithoutSignals());
        _socket.ReceiveUntil("READY=1");
        for (int i = 0; i < 3; i++) Assert.Equal("STATUS=fake", _socket.Receive());

        // Keep-alives resume when a cycle completes.
        _core.LastCycleCompletedMonotonicNs = MonotonicNs() + 60_000_000_000;
        _socket.ReceiveUntil("WATCHDOG=1");
        host.Agent.OnSignal(PosixSignal.SIGTERM);
        await run;
    }

    private static long MonotonicNs() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    private AgentHost CreateHost(string? watchdog = null, TimeSpan? interval = null) => new(
        _ => { },
        _ => new BackgroundNotifier(_socket.CreateNotifier(), NullLogger.Instance),
        (_, notifier) => new Agent(
            interval ?? TimeSpan.FromSeconds(10),
            TimeSpan.FromSeconds(7),
            notifier,
            WatchdogTimeout.FromEnvironment(name => name == "WATCHDOG_USEC" ? watchdog : null, Environment.ProcessId),
            NullLogger.Instance,
            _ => _core,
            _exits.Add));

    private sealed class FakeCore : IAgentCore
    {
        private long _lastCycle;

        internal List<string> Calls { get; } = [];

        internal string? StartProblem { get; set; }

        internal Action Starting { get; set; } = () => { };

        internal ManualResetEventSlim Stopped { get; } = new(true);

        public long LastCycleCompletedMonotonicNs
        {
            get => Interlocked.Read(ref _lastCycle);
            set => Interlocked.Exchange(ref _lastCycle, value);
        }

        public string Status => "fake";

        public string? Start()
        {
            Calls.Add("start");
            Starting();
            return StartProblem;
        }

        public void RequestStop() => Calls.Add("stop");

        public bool WaitStopped(TimeSpan timeout)
        {
            Calls.Add($"wait {timeout.TotalSeconds}");
            return Stopped.Wait(timeout);
        }

        public void Reopen() => Calls.Add("reopen");

        internal int Disposals { get; private set; }

        public void Dispose()
        {
            Disposals++;
            Stopped.Dispose();
        }
    }
}
