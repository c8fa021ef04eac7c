using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Host;
using NsCollector.Host.Systemd;
using NsCollector.LinuxTests.Host.Systemd;

namespace NsCollector.LinuxTests.Host;

/// <summary>The life of the agent over a core that the test holds, told to a real socket.</summary>
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
    public async Task Ready_is_said_after_the_start_and_stopping_before_the_end()
    {
        using AgentHost host = Make();
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
    public void The_host_disposes_the_core_once_and_sends_the_last_messages_before()
    {
        AgentHost host = Make();
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
    public async Task A_hang_up_reopens_between_RELOADING_and_READY()
    {
        using AgentHost host = Make();
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
    public async Task A_second_signal_ends_at_once()
    {
        _core.Stopped.Reset();
        using AgentHost host = Make();
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
    public void A_core_that_cannot_start_ends_with_1_and_is_never_ready()
    {
        _core.StartProblem = "no cgroups";
        using AgentHost host = Make();
        Assert.Equal(1, host.RunWithoutSignals());
        Assert.Equal("STATUS=Cannot start: no cgroups", _socket.Receive());
        Assert.False(_socket.TryReceive(TimeSpan.Zero, out _));
    }

    [Fact]
    public void SIGTERM_during_the_start_stops_in_order_and_is_never_ready()
    {
        using AgentHost host = Make();
        _core.Starting = () => host.Lifetime.StopApplication();
        Assert.Equal(0, host.RunWithoutSignals());
        Assert.Equal(["start", "stop", "wait 7"], _core.Calls);
        Assert.Equal("STOPPING=1", _socket.Receive());
        Assert.Equal("STATUS=Finishing the cycle", _socket.Receive());
        Assert.False(_socket.TryReceive(TimeSpan.FromMilliseconds(200), out _));
    }

    [Fact]
    public async Task A_failure_of_a_room_ends_with_1_after_a_stop_in_order()
    {
        using AgentHost host = Make();
        Task<int> run = Task.Run(() => host.RunWithoutSignals());
        _socket.Receive();
        host.Agent.ReportFailure("the sampling thread ended");
        Assert.Equal(1, await run);
        Assert.Equal(["start", "stop", "wait 7"], _core.Calls);
    }

    [Fact]
    public void A_core_that_hangs_at_the_end_ends_with_1()
    {
        _core.Stopped.Reset();
        using AgentHost host = Make();
        host.Agent.OnSignal(PosixSignal.SIGTERM);
        Assert.Equal(1, host.RunWithoutSignals());
    }

    [Fact]
    public async Task The_state_is_told_anew_soon_after_the_start_also_without_a_watchdog()
    {
        using AgentHost host = Make();
        Task<int> run = Task.Run(() => host.RunWithoutSignals());
        Assert.Equal("READY=1\nSTATUS=fake", _socket.Receive());
        Assert.Equal("STATUS=fake", _socket.Receive());
        host.Agent.OnSignal(PosixSignal.SIGTERM);
        Assert.Equal(0, await run);
    }

    [Fact]
    public async Task The_watchdog_is_served_while_cycles_are_completed()
    {
        using AgentHost host = Make(watchdog: "200000");
        Task<int> run = Task.Run(() => host.RunWithoutSignals());
        _core.LastCycleCompletedMonotonicNs = MonotonicNs();
        for (int i = 0; i < 3; i++) _socket.ReceiveUntil("WATCHDOG=1");
        host.Agent.OnSignal(PosixSignal.SIGTERM);
        Assert.Equal(0, await run);
    }

    [Fact]
    public async Task The_watchdog_is_not_served_once_cycles_stay_away()
    {
        // The bound is two intervals and half a minute: a negative interval puts it in the past, as if that had gone by.
        using AgentHost host = Make(watchdog: "200000", interval: TimeSpan.FromSeconds(-20));
        Task<int> run = Task.Run(() => host.RunWithoutSignals());
        _socket.ReceiveUntil("READY=1");
        for (int i = 0; i < 3; i++) Assert.Equal("STATUS=fake", _socket.Receive());

        // A cycle that is completed later earns it back.
        _core.LastCycleCompletedMonotonicNs = MonotonicNs() + 60_000_000_000;
        _socket.ReceiveUntil("WATCHDOG=1");
        host.Agent.OnSignal(PosixSignal.SIGTERM);
        await run;
    }

    private static long MonotonicNs() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    private AgentHost Make(string? watchdog = null, TimeSpan? interval = null) => new(
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
