using NsCollector.Linux;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>
/// Lets one request at a time read files. Others wait for it for a limited time: if a disk hangs, each of them would otherwise
/// block a thread of the pool that all servers and sinks share. Any thread may use it.
/// </summary>
/// <param name="maxWait">How long a request waits for the one that reads, at most; null: two seconds.</param>
internal sealed class FileReadLock(TimeSpan? maxWait = null)
{
    private readonly TimeSpan _maxWait = maxWait ?? TimeSpan.FromSeconds(2);
    private readonly Lock _lock = new();

    // On the monotonic clock; 0 if no request reads.
    private long _enteredNs;

    /// <summary>Begins to read files.</summary>
    /// <returns>False if another request has been reading for too long; the caller uses what was read before.</returns>
    internal bool TryEnter()
    {
        if (!_lock.TryEnter())
        {
            long enteredNs = Volatile.Read(ref _enteredNs);
            TimeSpan left = enteredNs == 0 ? _maxWait : _maxWait - TimeSpan.FromMilliseconds((SystemClock.MonotonicNs() - enteredNs) / 1e6);
            if (left <= TimeSpan.Zero || !_lock.TryEnter(left)) return false;
        }

        Volatile.Write(ref _enteredNs, SystemClock.MonotonicNs());
        return true;
    }

    /// <summary>Ends reading files, on the same thread.</summary>
    internal void Exit()
    {
        Volatile.Write(ref _enteredNs, 0);
        _lock.Exit();
    }
}
