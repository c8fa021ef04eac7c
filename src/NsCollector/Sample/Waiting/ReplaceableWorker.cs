using NsCollector.Linux;

namespace NsCollector.Sample.Waiting;

/// <summary>One thread of a <see cref="ReplaceableThread{T}"/>. Use its members only under the gate.</summary>
internal sealed class ReplaceableWorker<T>
    where T : class
{
    /// <summary>The subject of the current call; null between two calls.</summary>
    internal T? Current { get; private set; }

    /// <summary>When the current call began, on the monotonic clock.</summary>
    internal long SinceNs { get; private set; }

    /// <summary>Whether the thread was replaced.</summary>
    internal bool IsLate { get; set; }

    /// <summary>Whether a request is in progress.</summary>
    internal bool IsWorking { get; set; }

    /// <summary>Records the begin of a call.</summary>
    internal void Enter(T about) => (Current, SinceNs) = (about, SystemClock.MonotonicNs());

    /// <summary>Records the return of the call.</summary>
    /// <returns>False if the thread has been replaced, and must end.</returns>
    internal bool Leave()
    {
        Current = null;
        return !IsLate;
    }
}
