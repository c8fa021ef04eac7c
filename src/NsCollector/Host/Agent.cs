using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NsCollector.Host.Systemd;
using NsCollector.Linux;

namespace NsCollector.Host;

/// <summary>
/// The hosted service of <c>nscollector run</c>: starts the core, waits for signals, stops it. The waiting thread wakes for a
/// signal, for a failure, a second after the start, and twice per watchdog period; otherwise never.
/// </summary>
internal sealed class Agent : IHostedService, IDisposable
{
    private static readonly TimeSpan StatusPeriod = TimeSpan.FromMinutes(1);

    // By then `systemctl status` can show the first cycle, unless it is delayed by align or jitter.
    private static readonly TimeSpan FirstStatus = TimeSpan.FromSeconds(1);

    private readonly BackgroundNotifier _notifier;
    private readonly TimeSpan? _watchdog;
    private readonly ILogger _logger;
    private readonly TimeSpan _stopTimeout;
    private readonly TimeSpan _cycleTimeout;
    private readonly Action<int> _exitImmediately;
    private readonly IAgentCore _core;
    private readonly AutoResetEvent _wake = new(false);
    private volatile bool _reopen;
    private int _stopSignals;
    private string? _failure;
    private long _startedNs;
    private bool _stallReported;

    /// <summary>Creates an agent without starting it.</summary>
    /// <param name="interval">Time between two cycles, to detect that cycles no longer complete.</param>
    /// <param name="stopTimeout">Time budget for the last cycle and for flushing the sinks.</param>
    /// <param name="notifier">Sends notifications to systemd.</param>
    /// <param name="watchdog">The time within which systemd expects a keep-alive; null if it expects none.</param>
    /// <param name="logger">The log of the agent.</param>
    /// <param name="createCore">Creates the core. A thread that cannot continue calls the argument with the reason.</param>
    /// <param name="exitImmediately">Exits the process; replaced in tests.</param>
    internal Agent(
        TimeSpan interval, TimeSpan stopTimeout, BackgroundNotifier notifier, TimeSpan? watchdog, ILogger logger,
        Func<Action<string>, IAgentCore> createCore, Action<int>? exitImmediately = null)
    {
        _notifier = notifier;
        _watchdog = notifier.IsEnabled ? watchdog : null;
        _logger = logger;
        _stopTimeout = stopTimeout;
        _exitImmediately = exitImmediately ?? Environment.Exit;

        // On a loaded host a cycle may be late or slow. After two intervals and half a minute it counts as failed.
        _cycleTimeout = (2 * interval) + TimeSpan.FromSeconds(30);
        _core = createCore(ReportFailure);
    }

    /// <summary>The exit status of the process; valid after the agent has stopped.</summary>
    internal int ExitStatus { get; private set; }

    /// <summary>Called by a thread that cannot continue; stops the agent.</summary>
    internal void ReportFailure(string reason)
    {
        Interlocked.CompareExchange(ref _failure, reason, null);
        _wake.Set();
    }

    /// <summary>Starts the core; the host sends READY=1 after it.</summary>
    /// <exception cref="AgentStartException">The agent cannot work at all.</exception>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _startedNs = SystemClock.MonotonicNs();
        if (_core.Start() is { } problem)
        {
            AgentLog.CannotStart(_logger, problem);
            _notifier.NotifyStatus("Cannot start: " + problem);
            throw new AgentStartException(problem);
        }

        cancellationToken.ThrowIfCancellationRequested();
        _notifier.SetReadyStatus(_core.Status);
        return Task.CompletedTask;
    }

    /// <summary>Waits for the signal or failure that stops the agent. Until then handles SIGHUP and sends keep-alives to systemd's watchdog.</summary>
    internal void WaitForStop()
    {
        TimeSpan period = !_notifier.IsEnabled ? Timeout.InfiniteTimeSpan
            : _watchdog is { } watchdog && watchdog / 2 < StatusPeriod ? watchdog / 2
            : StatusPeriod;
        TimeSpan wait = _notifier.IsEnabled && FirstStatus < period ? FirstStatus : period;
        while (true)
        {
            _wake.WaitOne(wait);
            wait = period;
            if (Volatile.Read(ref _failure) is not null || Volatile.Read(ref _stopSignals) > 0) return;
            if (_reopen) Reopen();
            if (_notifier.IsEnabled) NotifyStatusAndWatchdog();
        }
    }

    /// <summary>Stops the core within <c>stop_timeout</c>; the token is not used. The host has sent STOPPING=1 before.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        string? failure = Volatile.Read(ref _failure);
        if (failure is not null) AgentLog.Failed(_logger, failure);
        else AgentLog.Stopping(_logger);
        _notifier.NotifyStatus("Finishing the cycle");
        _core.RequestStop();
        bool stopped = _core.WaitStopped(_stopTimeout);
        if (stopped) AgentLog.Stopped(_logger);
        else AgentLog.StopTimedOut(_logger, _stopTimeout.TotalSeconds);
        ExitStatus = stopped && failure is null ? ExitCode.Success : ExitCode.Failed;
        return Task.CompletedTask;
    }

    /// <summary>Handles a signal on a thread of .NET: sets a flag and wakes the waiting thread.</summary>
    internal void OnSignal(PosixSignal signal)
    {
        if (signal == PosixSignal.SIGHUP) _reopen = true;
        else if (Interlocked.Increment(ref _stopSignals) > 1) _exitImmediately(ExitCode.Failed);
        _wake.Set();
    }

    public void Dispose()
    {
        _core.Dispose();
        _wake.Dispose();
    }

    private void Reopen()
    {
        _reopen = false;
        _notifier.NotifyReloading(SystemClock.MonotonicNs() / 1000);
        _core.Reopen();
        AgentLog.Reopened(_logger);
        _notifier.SetReadyStatus(_core.Status);
        _notifier.Notify(Microsoft.Extensions.Hosting.Systemd.ServiceState.Ready);
    }

    // Sends the keep-alive only while cycles complete, so that the watchdog also restarts an agent that runs but does nothing.
    private void NotifyStatusAndWatchdog()
    {
        _notifier.NotifyStatus(_core.Status);
        long stalledNs = SystemClock.MonotonicNs() - Math.Max(_startedNs, _core.LastCycleCompletedMonotonicNs);
        bool alive = stalledNs <= _cycleTimeout.TotalNanoseconds;
        if (alive && _watchdog is not null) _notifier.NotifyWatchdog();
        if (!alive && !_stallReported) AgentLog.CyclesStalled(_logger, stalledNs / 1_000_000_000);
        _stallReported = !alive;
    }
}
