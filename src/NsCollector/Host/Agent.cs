using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NsCollector.Host.Systemd;
using NsCollector.Sample;

namespace NsCollector.Host;

/// <summary>
/// The life of <c>nscollector run</c>: starts the core, waits for signals, ends it. The waiting thread wakes for a signal,
/// for a failure, a second after the start, and twice per watchdog period; otherwise never.
/// </summary>
internal sealed class Agent : IDisposable
{
    private static readonly TimeSpan StatusPeriod = TimeSpan.FromMinutes(1);

    // The first cycle begins with the start, unless it is aligned or put off: `systemctl status` shows by then that it works.
    private static readonly TimeSpan FirstStatus = TimeSpan.FromSeconds(1);

    private readonly SystemdNotifier _notifier;
    private readonly ILogger _logger;
    private readonly TimeSpan _stopTimeout;
    private readonly TimeSpan _cycleBound;
    private readonly Action<int> _exitAtOnce;
    private readonly AutoResetEvent _wake = new(false);
    private volatile bool _reopen;
    private int _stopSignals;
    private string? _failure;
    private bool _silenceReported;

    /// <summary>Makes an agent that has not started.</summary>
    /// <param name="interval">From one cycle to the next, by which a cycle that does not come is known.</param>
    /// <param name="stopTimeout">Within this the last cycle is finished and the sinks are flushed.</param>
    /// <param name="notifier">systemd.</param>
    /// <param name="logger">Where the agent says what it does.</param>
    /// <param name="exitAtOnce">Ends the process; replaced in tests.</param>
    internal Agent(TimeSpan interval, TimeSpan stopTimeout, SystemdNotifier notifier, ILogger logger, Action<int>? exitAtOnce = null)
    {
        _notifier = notifier;
        _logger = logger;
        _stopTimeout = stopTimeout;
        _exitAtOnce = exitAtOnce ?? Environment.Exit;

        // A cycle may come late, or take long on a loaded host; one that has not come after two intervals and a half
        // minute never will.
        _cycleBound = (2 * interval) + TimeSpan.FromSeconds(30);
    }

    /// <summary>Called by a room's thread that cannot go on.</summary>
    internal void ReportFailure(string reason)
    {
        Interlocked.CompareExchange(ref _failure, reason, null);
        _wake.Set();
    }

    /// <summary>Starts the core and waits for its end.</summary>
    /// <returns>The exit status.</returns>
    internal int Run(IAgentCore core)
    {
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, HandleSignal);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, HandleSignal);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, HandleSignal);
        return RunWithoutSignals(core);
    }

    /// <summary>As <see cref="Run"/>, with signals coming from the caller only.</summary>
    internal int RunWithoutSignals(IAgentCore core)
    {
        if (_notifier.Problem is { } notifierProblem) AgentLog.CannotNotify(_logger, notifierProblem);
        long started = Sampler.MonotonicNs();
        if (core.Start() is { } problem)
        {
            AgentLog.CannotStart(_logger, problem);
            _notifier.Status("Cannot start: " + problem);
            return ExitCode.Failed;
        }

        if (!_notifier.Ready(core.Status)) AgentLog.CannotNotify(_logger, "the message READY=1 could not be sent");
        TimeSpan period = !_notifier.Enabled ? Timeout.InfiniteTimeSpan
            : _notifier.WatchdogTimeout is { } watchdog && watchdog / 2 < StatusPeriod ? watchdog / 2
            : StatusPeriod;
        TimeSpan wait = _notifier.Enabled && FirstStatus < period ? FirstStatus : period;
        while (true)
        {
            _wake.WaitOne(wait);
            wait = period;
            if (Volatile.Read(ref _failure) is not null || Volatile.Read(ref _stopSignals) > 0) break;
            if (_reopen) Reopen(core);
            if (_notifier.Enabled) GiveSignOfLife(core, started);
        }

        string? failure = Volatile.Read(ref _failure);
        if (failure is not null) AgentLog.Failed(_logger, failure);
        else AgentLog.Stopping(_logger);
        _notifier.Stopping();
        core.RequestStop();
        if (!core.WaitStopped(_stopTimeout))
        {
            AgentLog.Hangs(_logger, _stopTimeout.TotalSeconds);
            return ExitCode.Failed;
        }

        AgentLog.Stopped(_logger);
        return failure is null ? ExitCode.Success : ExitCode.Failed;
    }

    /// <summary>What a signal does; runs on a thread of the runtime, so it only leaves word for the waiting one.</summary>
    internal void OnSignal(PosixSignal signal)
    {
        if (signal == PosixSignal.SIGHUP) _reopen = true;
        else if (Interlocked.Increment(ref _stopSignals) > 1) _exitAtOnce(ExitCode.Failed);
        _wake.Set();
    }

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();

    private void HandleSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        OnSignal(context.Signal);
    }

    private void Reopen(IAgentCore core)
    {
        _reopen = false;
        _notifier.Reloading(Sampler.MonotonicNs() / 1000);
        core.Reopen();
        AgentLog.Reopened(_logger);
        _notifier.Ready(core.Status);
    }

    // The watchdog is for the agent that lives and does nothing: only completed cycles earn the sign.
    private void GiveSignOfLife(IAgentCore core, long startedNs)
    {
        _notifier.Status(core.Status);
        long silentNs = Sampler.MonotonicNs() - Math.Max(startedNs, core.LastCycleCompletedMonotonicNs);
        bool alive = silentNs <= _cycleBound.TotalNanoseconds;
        if (alive && _notifier.WatchdogTimeout is not null) _notifier.Watchdog();
        if (!alive && !_silenceReported) AgentLog.NoCycle(_logger, silentNs / 1_000_000_000);
        _silenceReported = !alive;
    }
}
