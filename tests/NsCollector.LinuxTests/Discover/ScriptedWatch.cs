using NsCollector.Discover.Watch;
using NsCollector.Linux;

namespace NsCollector.LinuxTests.Discover;

/// <summary>A watch that reports what the test says, in an order that is rare on a real kernel.</summary>
internal sealed class ScriptedWatch : IContainerWatch, IDisposable
{
    private readonly Queue<WatchRecord> _records = new();
    private readonly Dictionary<int, long> _keys = [];

    public WakeSignal Ready { get; } = new();

    /// <summary>The last followed process, by the container's key.</summary>
    internal Dictionary<long, (int Pid, uint Life)> Followed { get; } = [];

    public int Add(long key, string cgroupPath)
    {
        _keys.Add(_keys.Count, key);
        return _keys.Count - 1;
    }

    public void Recheck(int handle, long key)
    {
    }

    public int Follow(int handle, long key, uint life, int pid, int processDirectory, bool isNamespaceInit)
    {
        Followed[key] = (pid, life);
        return 0;
    }

    public void SetFinalCounterSource(int handle, long key, FinalCounterSource? end)
    {
    }

    public void Remove(int handle, long key)
    {
    }

    public bool TryDequeue(out WatchRecord record) => _records.TryDequeue(out record!);

    public void Dispose() => Ready.Dispose();

    /// <summary>Reports an OOM kill in the container.</summary>
    internal void ReportOom(long key) =>
        _records.Enqueue(new WatchRecord(key, 1, WatchRecordKind.Oom, 1, 1, IsEmpty: false, null, 1, WatchTexts.None));

    /// <summary>Reports that the container's cgroup has processes again.</summary>
    internal void ReportPopulated(long key) =>
        _records.Enqueue(new WatchRecord(key, 0, WatchRecordKind.Populated, 1, 1, IsEmpty: false, null, 0, WatchTexts.None));

    /// <summary>The key of the only watched container.</summary>
    internal long OnlyKey => _keys.Values.Distinct().Single();

    /// <summary>Reports that a followed process was the last one and exited with this code.</summary>
    internal void ReportExited(long key, uint life, int code)
    {
        long realtimeNs = (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;
        _records.Enqueue(new WatchRecord(key, life, WatchRecordKind.Exited, realtimeNs, 1, IsEmpty: true, code << 8, 0, WatchTexts.None));
    }
}
