using Microsoft.Extensions.Logging;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Sample;

/// <summary>
/// The thread that samples. It runs cycles on the deadlines of a <see cref="CycleSchedule"/>, and between them, when it is
/// woken, events and births. No other managed thread ever enters a network namespace.
/// </summary>
internal sealed class SamplingThread
{
    // Minimum time between two rounds between cycles, so that many births are processed in batches.
    private const long MinBetweenNs = 20_000_000;

    // A round or a look that would begin less than this before a deadline is left to the cycle.
    private const long YieldNs = 5_000_000;

    // The rest of the interval is for what ends a cycle, so that a part that is a little late skips no deadline.
    private const double SpreadOver = 0.9;

    private readonly Sampler _sampler;
    private readonly SampleOptions _options;
    private readonly AgentCounters _counters;
    private readonly LateCycleLog _late;
    private readonly Action<string> _reportFailure;
    private readonly Thread _thread;
    private readonly TrimSchedule _trims = new();
    private readonly WakeSignal _wake;
    private volatile bool _stop;
    private bool _woken;
    private long _betweenNotBeforeNs;
    private long _lastCycleNs;
    private long _cycles;

    /// <summary>Creates the thread; <see cref="Start"/> starts it.</summary>
    /// <param name="sampler">The thread uses it alone from then on and disposes it at the end.</param>
    /// <param name="options">The interval, alignment and jitter.</param>
    /// <param name="wake">Set when an event is queued or the list has changed. Must outlive the thread.</param>
    /// <param name="counters">Counts late cycles.</param>
    /// <param name="logger">Receives the warning that cycles take too long.</param>
    /// <param name="reportFailure">Called with the reason if the thread ends without <see cref="RequestStop"/>.</param>
    public SamplingThread(Sampler sampler, SampleOptions options, WakeSignal wake, AgentCounters counters, ILogger logger, Action<string> reportFailure)
    {
        _sampler = sampler;
        _options = options;
        _wake = wake;
        _counters = counters;
        _late = new LateCycleLog(logger, options.Interval);
        _reportFailure = reportFailure;
        _thread = new Thread(Run) { Name = "sampling", IsBackground = true };
    }

    /// <summary>When the last cycle was completed, on CLOCK_MONOTONIC in nanoseconds; 0 before the first.</summary>
    public long LastCycleCompletedMonotonicNs => Interlocked.Read(ref _lastCycleNs);

    /// <summary>Cycles completed.</summary>
    public long Cycles => Interlocked.Read(ref _cycles);

    /// <summary>Starts it.</summary>
    public void Start() => _thread.Start();

    /// <summary>Asks the thread to stop: it finishes or cuts short the running cycle, hands over the last events, and begins no other cycle.</summary>
    /// <param name="lastCycle">Time after which the running cycle is cut short; what it has read by then is handed over.</param>
    public void RequestStop(TimeSpan lastCycle)
    {
        _sampler.FinishBy(SystemClock.MonotonicNs() + (long)lastCycle.TotalNanoseconds);
        _stop = true;
        _wake.Set();
    }

    /// <summary>Waits until the thread has stopped.</summary>
    /// <returns>False if it has not within the time.</returns>
    public bool WaitStopped(TimeSpan timeout) => !_thread.IsAlive || _thread.Join(timeout);

    private void Run()
    {
        try
        {
            TimeSpan offset = _options.Jitter > TimeSpan.Zero ? _options.Jitter * Random.Shared.NextDouble() : TimeSpan.Zero;
            var schedule = new CycleSchedule(_options.Interval, _options.Align, offset, SystemClock.MonotonicNs(), SystemClock.RealtimeNs());
            while (WaitUntil(schedule.DeadlineNs))
            {
                long dueNs = schedule.DeadlineNs;
                long lastPartDueNs = RunCycle(dueNs);
                TrimHeap();
                long now = SystemClock.MonotonicNs();
                Interlocked.Exchange(ref _lastCycleNs, now);
                Interlocked.Increment(ref _cycles);
                long skipped = schedule.Advance(now, SystemClock.RealtimeNs());
                _counters.Add(AgentCounter.CyclesLate, skipped);
                _late.Add(now - lastPartDueNs, skipped);
            }

            _sampler.ProcessLastEvents();
        }
        catch (Exception exception)
        {
            // Errors of the host are values and never get here. This is a defect, and the agent must not appear to run.
            _reportFailure("The sampling thread failed: " + exception);
        }
        finally
        {
            _sampler.Dispose();
        }
    }

    /// <summary>Runs a cycle, at once or in parts over the interval. If the thread is to stop, the parts that are left follow at once.</summary>
    /// <returns>When its last part was due, on the monotonic clock.</returns>
    private long RunCycle(long dueNs)
    {
        int parts = _sampler.Parts();
        long partDueNs = dueNs;
        for (int part = 0; part < parts; part++)
        {
            partDueNs = dueNs + (long)(SpreadOver * _options.Interval.TotalNanoseconds * part / parts);
            if (part > 0) WaitUntil(partDueNs);
            _sampler.RunPart(part, parts);
            _woken = _sampler.HasMoreBetweenCycles;
        }

        return partDueNs;
    }

    /// <summary>
    /// After the first cycles, and after many births, returns the garbage of discovery to the kernel. A steady agent allocates
    /// nothing, so no collection would ever run by itself.
    /// </summary>
    private void TrimHeap()
    {
        if (_trims.IsDue(GC.GetTotalAllocatedBytes(precise: false), SystemClock.MonotonicNs()))
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>Waits for the deadline. Meanwhile runs the rounds and flushes that are due before it.</summary>
    /// <returns>False if the thread is to stop.</returns>
    private bool WaitUntil(long deadlineNs)
    {
        while (!_stop)
        {
            long nowNs = SystemClock.MonotonicNs();
            if (nowNs >= deadlineNs) return true;
            if (nowNs >= _sampler.FlushDueNs)
            {
                _sampler.EndFlush();
                continue;
            }

            bool isBeforeYield = deadlineNs - nowNs > YieldNs;
            if (isBeforeYield && nowNs >= _sampler.LookDueNs)
            {
                _sampler.LookIfDue();
                continue;
            }

            _woken |= nowNs >= _sampler.FinalCounterSearchDueNs || nowNs >= _sampler.PendingEventsDueNs;
            long untilNs = Math.Min(deadlineNs, _sampler.FlushDueNs);
            if (isBeforeYield) untilNs = Math.Min(untilNs, _sampler.LookDueNs);
            if (_woken && isBeforeYield)
            {
                if (nowNs >= _betweenNotBeforeNs)
                {
                    _sampler.RunBetweenCycles(deadlineNs - YieldNs);
                    _woken = _sampler.HasMoreBetweenCycles;
                    _betweenNotBeforeNs = SystemClock.MonotonicNs() + MinBetweenNs;
                    continue;
                }

                untilNs = Math.Min(untilNs, _betweenNotBeforeNs);
            }

            if (!_woken) untilNs = Math.Min(untilNs, Math.Min(_sampler.FinalCounterSearchDueNs, _sampler.PendingEventsDueNs));
            if (_wake.WaitNs(untilNs - nowNs, _sampler.RemovalsDescriptor)) _woken = true;
            _woken |= _sampler.ReadRemovals();
        }

        return false;
    }
}
