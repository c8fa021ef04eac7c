using NsCollector.Linux;

namespace NsCollector.Sample.Waiting;

/// <summary>One thread of a <see cref="ReplaceableThread{T}"/>. Its members are for use under the gate.</summary>
internal sealed class ReplaceableWorker<T>
    where T : class
{
    /// <summary>What the call is about that the thread is in; null between two calls.</summary>
    internal T? Current { get; private set; }

    /// <summary>When that call began, on the monotonic clock.</summary>
    internal long SinceNs { get; private set; }

    /// <summary>Whether the thread was replaced.</summary>
    internal bool IsLate { get; set; }

    /// <summary>Whether a request is in work.</summary>
    internal bool IsWorking { get; set; }

    /// <summary>A call begins.</summary>
    internal void Enter(T about) => (Current, SinceNs) = (about, SystemClock.MonotonicNs());

    /// <summary>The call has returned.</summary>
    /// <returns>False if the thread was replaced meanwhile, and has to end.</returns>
    internal bool Leave()
    {
        Current = null;
        return !IsLate;
    }
}
