namespace NsCollector.Sample.History;

/// <summary>The records of one container in <see cref="SampleHistory"/>: each has the address of the one before it.</summary>
internal sealed class HistoryChain
{
    private long _last;

    /// <summary>The last record. The sampling thread sets it; any thread may read it.</summary>
    internal RecordAddress Last
    {
        get => new(Volatile.Read(ref _last));
        set => Volatile.Write(ref _last, value.Value);
    }
}
