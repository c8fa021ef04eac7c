using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NsCollector.Host.Systemd;
using NsCollector.Linux;

namespace NsCollector.Host;

/// <summary>
/// The hosted service of <c>nscollector run</c>: starts the core, waits for signals, ends it. The waiting thread wakes for a
/// signal, for a failure, a second after the start, and twice per watchdog period; otherwise never.
/// </summary>
internal sealed class Agent : IHostedService, IDisposable
{
    private static readonly TimeSpan StatusPeriod = TimeSpan.FromMinutes(1);

    // The first cycle begins with the start, unless it is aligned or put off: `systemctl status` shows by then that it works.
    private static readonly TimeSpan FirstStatus = TimeSpan.FromSeconds(1);

    private readonly BackgroundNotifier _notifier;
    private readonly TimeSpan? _watchdog;
    private readonly ILogger _logger;
    private readonly TimeSpan _stopTimeout;
    private readonly TimeSpan _cycleBound;
    private readonly Action<int> _exitAtOnce;
    private readonly IAgentCore _core;
    private readonly AutoResetEvent _wake = new(false);
    private volatile bool _reopen;
    private int _stopSignals;
    private string? _failure;
    private long _startedNs;
    private bool _silenceReported;

    /// <summary>Makes an agent that has not started.</summary>
    /// <param name="interval">From one cycle to the next, by which a cycle that does not come is known.</param>
    /// <param name="stopTimeout">Within this the last cycle is finished and the sinks are flushed.</param>
    /// <param name="notifier">systemd.</param>
    /// <param name="watchdog">The time within which systemd expects a keep-alive; null if it expects none.</param>
    /// <param name="logger">Where the agent says what it does.</param>
    /// <param name="createCore">Makes the core; its argument is called by a thread that cannot go on, with the reason.</param>
    /// <param name="exitAtOnce">Ends the process; replaced in tests.</param>
    internal Agent(
        TimeSpan interval, TimeSpan stopTimeout, BackgroundNotifier notifier, TimeSpan? watchdog, ILogger logger,
        Func<Action<string>, IAgentCore> createCore, Action<int>? exitAtOnce = null)
    {
        _notifier = notifier;
        _watchdog = notifier.IsEnabled ? watchdog : null;
        _logger = logger;
        _stopTimeout = stopTimeout;
        _exitAtOnce = exitAtOnce ?? Environment.Exit;

        // A cycle may come late, or take long on a loaded host; one that has not come after two intervals and a half
        // minute never will.
        _cycleBound = (2 * interval) + TimeSpan.FromSeconds(30);
        _core = createCore(ReportFailure);
    }

    /// <summary>How the process ends; known once the agent has stopped.</summary>
    internal int ExitStatus { get; private set; }

    /// <summary>Called by a room's thread that cannot go on.</summary>
    internal void ReportFailure(string reason)
    {
        Interlocked.CompareExchange(ref _failure, reason, null);
        _wake.Set();
    }

    /// <summary>Starts the core; the host sends READY=1 after it.</summary>
    /// <exception cref="AgentStartException">It cannot work at all.</exception>
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

    /// <summary>Waits for the signal or the failure that ends the agent; until then it serves SIGHUP and systemd's watchdog.</summary>
    internal void WaitForEnd()
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

    /// <summary>Ends the core within its own timeout, whatever the host's is; the host has sent STOPPING=1 before.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        string? failure = Volatile.Read(ref _failure);
        if (failure is not null) AgentLog.Failed(_logger, failure);
        else AgentLog.Stopping(_logger);
        _notifier.NotifyStatus("Finishing the cycle");
        _core.RequestStop();
        bool stopped = _core.WaitStopped(_stopTimeout);
        if (stopped) AgentLog.Stopped(_logger);
        else AgentLog.Hangs(_logger, _stopTimeout.TotalSeconds);
        ExitStatus = stopped && failure is null ? ExitCode.Success : ExitCode.Failed;
        return Task.CompletedTask;
    }

    /// <summary>What a signal does; runs on a thread of the runtime, so it only leaves word for the waiting one.</summary>
    internal void OnSignal(PosixSignal signal)
    {
        if (signal == PosixSignal.SIGHUP) _reopen = true;
        else if (Interlocked.Increment(ref _stopSignals) > 1) _exitAtOnce(ExitCode.Failed);
        _wake.Set();
    }

    /// <inheritdoc/>
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

    // The watchdog is for the agent that lives and does nothing: only completed cycles earn the keep-alive.
    private void NotifyStatusAndWatchdog()
    {
        _notifier.NotifyStatus(_core.Status);
        long silentNs = SystemClock.MonotonicNs() - Math.Max(_startedNs, _core.LastCycleCompletedMonotonicNs);
        bool alive = silentNs <= _cycleBound.TotalNanoseconds;
        if (alive && _watchdog is not null) _notifier.NotifyWatchdog();
        if (!alive && !_silenceReported) AgentLog.NoCycle(_logger, silentNs / 1_000_000_000);
        _silenceReported = !alive;
    }
}
