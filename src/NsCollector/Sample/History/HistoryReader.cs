using System.Runtime.InteropServices;
using NsCollector.Linux;

namespace NsCollector.Sample.History;

/// <summary>Reads the kept samples of one container after another. For one thread at a time; reused.</summary>
/// <param name="history">The history; null if only the last sample is kept.</param>
internal sealed class HistoryReader(SampleHistory? history)
{
    private const int MaxKeptAddresses = 4096;

    private readonly List<RecordAddress> _addresses = [];
    private readonly byte[] _buffer = history is null ? [] : GC.AllocateUninitializedArray<byte>(SampleHistory.MaxRecordBytes);

    // Two, because the caller compares a sample with the one before it.
    private readonly ContainerSample[] _samples = [new(), new()];
    private ContainerSample? _only;
    private int _next, _slot;

    /// <summary>Begins to read the samples of a container, oldest first.</summary>
    /// <param name="chain">The records of the container.</param>
    /// <param name="last">Its sample of the last complete cycle, which is the only one if there is no history.</param>
    /// <param name="most">How many are read, the newest of those in the range; negative for all.</param>
    /// <param name="fromNs">Time of the oldest, in nanoseconds since the epoch; inclusive.</param>
    /// <param name="toNs">Time of the newest; inclusive.</param>
    internal void Begin(HistoryChain chain, ContainerSample last, int most, long fromNs = long.MinValue, long toNs = long.MaxValue)
    {
        _addresses.Clear();
        if (_addresses.Capacity > MaxKeptAddresses) _addresses.Capacity = MaxKeptAddresses;
        _next = 0;
        _only = null;
        if (most == 0) return;
        if (history is not null) Find(history, chain.Last, most, Math.Max(fromNs, SystemClock.RealtimeNs() - history.KeptNs), toNs);

        // The history may be shorter than a cycle, or its memory too small for one.
        if (_addresses.Count == 0 && last.TimestampNs >= fromNs && last.TimestampNs <= toNs) _only = last;
    }

    /// <summary>How many samples are left, at most.</summary>
    internal int Left => _only is not null ? 1 : _addresses.Count - _next;

    /// <summary>The next sample, valid until the call after the next one; null at the end.</summary>
    internal ContainerSample? Next()
    {
        if (_only is { } only)
        {
            _only = null;
            return only;
        }

        while (_next < _addresses.Count)
        {
            if (!history!.TryRead(_addresses[_next++], _buffer, out ReadOnlySpan<byte> content)) continue;
            ContainerSample sample = _samples[_slot ^= 1];
            HistoryRecord.Read(content, sample);
            return sample;
        }

        return null;
    }

    private void Find(SampleHistory history, RecordAddress last, int most, long fromNs, long toNs)
    {
        RecordAddress address = last;
        while (_addresses.Count != most && history.TryReadHeader(address, out RecordAddress before, out long timestampNs) && timestampNs >= fromNs)
        {
            if (timestampNs <= toNs) _addresses.Add(address);
            address = before;
        }

        CollectionsMarshal.AsSpan(_addresses).Reverse();
    }
}
