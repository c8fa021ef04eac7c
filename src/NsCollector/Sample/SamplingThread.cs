using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Sample;

/// <summary>
/// The one thread that samples: it runs cycles on the deadlines of a <see cref="CycleSchedule"/> until it is stopped, and in
/// between, whenever it is woken, what cannot wait for the next one. No other managed thread ever visits a network namespace.
/// </summary>
internal sealed class SamplingThread
{
    // From one time between cycles to the next at the least, so that a storm of births comes in handfuls.
    private const long BetweenNs = 20_000_000;

    // What would come this shortly before a cycle is left to it.
    private const long YieldNs = 5_000_000;

    private readonly Sampler _sampler;
    private readonly SampleOptions _options;
    private readonly AgentCounters _counters;
    private readonly Action<string> _reportFailure;
    private readonly Thread _thread;
    private readonly SettleSchedule _settle = new();
    private readonly WakeSignal _wake;
    private volatile bool _stop;
    private bool _woken;
    private long _betweenNotBeforeNs;
    private long _lastCycleNs;
    private long _cycles;

    /// <summary>Makes the thread; <see cref="Start"/> starts it.</summary>
    /// <param name="sampler">What runs; used on this thread only from then on, and disposed at its end.</param>
    /// <param name="options">The interval, alignment and jitter.</param>
    /// <param name="wake">By which it is woken when something happened or the list has changed. Must outlive the thread.</param>
    /// <param name="counters">Where late cycles are counted.</param>
    /// <param name="reportFailure">Told the reason if the thread ends otherwise than by <see cref="RequestStop"/>.</param>
    public SamplingThread(Sampler sampler, SampleOptions options, WakeSignal wake, AgentCounters counters, Action<string> reportFailure)
    {
        _sampler = sampler;
        _options = options;
        _wake = wake;
        _counters = counters;
        _reportFailure = reportFailure;
        _thread = new Thread(Run) { Name = "sampling", IsBackground = true };
    }

    /// <summary>When the last cycle was completed, on CLOCK_MONOTONIC in nanoseconds; 0 before the first.</summary>
    public long LastCycleCompletedMonotonicNs => Interlocked.Read(ref _lastCycleNs);

    /// <summary>Cycles completed.</summary>
    public long Cycles => Interlocked.Read(ref _cycles);

    /// <summary>Starts it.</summary>
    public void Start() => _thread.Start();

    /// <summary>Asks for the end: the running cycle is finished or cut short, what has happened is handed over, and no other begins.</summary>
    /// <param name="lastCycle">After this the running cycle is cut short; what it has by then is handed over too.</param>
    public void RequestStop(TimeSpan lastCycle)
    {
        _sampler.FinishBy(SystemClock.MonotonicNs() + (long)lastCycle.TotalNanoseconds);
        _stop = true;
        _wake.Set();
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>Whether it came within the time.</returns>
    public bool WaitStopped(TimeSpan timeout) => !_thread.IsAlive || _thread.Join(timeout);

    private void Run()
    {
        try
        {
            TimeSpan offset = _options.Jitter > TimeSpan.Zero ? _options.Jitter * Random.Shared.NextDouble() : TimeSpan.Zero;
            var schedule = new CycleSchedule(_options.Interval, _options.Align, offset, SystemClock.MonotonicNs(), SystemClock.RealtimeNs());
            while (WaitUntil(schedule.DeadlineNs))
            {
                _sampler.RunCycle();
                _woken = _sampler.HasMoreBetweenCycles;
                Settle();
                long now = SystemClock.MonotonicNs();
                Interlocked.Exchange(ref _lastCycleNs, now);
                Interlocked.Increment(ref _cycles);
                _counters.Add(AgentCounter.CyclesLate, schedule.Advance(now, SystemClock.RealtimeNs()));
            }

            _sampler.ProcessLastEvents();
        }
        catch (Exception exception)
        {
            // Errors of the host are values and never get here; this is a defect, and the agent must not look alive.
            _reportFailure("the sampling thread ended: " + exception);
        }
        finally
        {
            _sampler.Dispose();
        }
    }

    /// <summary>
    /// After the first cycles, and after many containers have come, what their discovery left behind is given back to the
    /// kernel: a steady agent allocates nothing, so no collection would ever come by itself.
    /// </summary>
    private void Settle()
    {
        if (_settle.IsDue(GC.GetTotalAllocatedBytes(precise: false), SystemClock.MonotonicNs()))
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>Waits for the deadline, and does meanwhile what cannot wait for it.</summary>
    /// <returns>False when the end was asked for.</returns>
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

            _woken |= nowNs >= _sampler.FinalCounterSearchDueNs;
            long untilNs = Math.Min(deadlineNs, _sampler.FlushDueNs);
            if (_woken && deadlineNs - nowNs > YieldNs)
            {
                if (nowNs >= _betweenNotBeforeNs)
                {
                    _sampler.RunBetweenCycles(deadlineNs - YieldNs);
                    _woken = _sampler.HasMoreBetweenCycles;
                    _betweenNotBeforeNs = SystemClock.MonotonicNs() + BetweenNs;
                    continue;
                }

                untilNs = Math.Min(untilNs, _betweenNotBeforeNs);
            }

            if (!_woken) untilNs = Math.Min(untilNs, _sampler.FinalCounterSearchDueNs);
            if (_wake.WaitNs(untilNs - nowNs)) _woken = true;
        }

        return false;
    }
}
