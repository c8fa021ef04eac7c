using NsCollector.Discover.Watch;
using NsCollector.Linux;

namespace NsCollector.LinuxTests.Discover;

/// <summary>A watch that tells what the test says, when it says so: an order of things that the kernel seldom gives.</summary>
internal sealed class ScriptedWatch : IContainerWatch, IDisposable
{
    private readonly Queue<WatchRecord> _records = new();
    private readonly Dictionary<int, long> _keys = [];

    public WakeSignal Ready { get; } = new();

    /// <summary>The last process that it was asked to follow, by the container's key.</summary>
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

    /// <summary>Tells that a process of the container was killed for lack of memory.</summary>
    internal void TellOom(long key) =>
        _records.Enqueue(new WatchRecord(key, 1, WatchRecordKind.Oom, 1, 1, IsEmpty: false, null, 1, WatchTexts.None));

    /// <summary>The key of the only container that it watches.</summary>
    internal long OnlyKey => _keys.Values.Distinct().Single();

    /// <summary>Tells that a followed process was the last one, has ended and returned this.</summary>
    internal void TellExited(long key, uint life, int code)
    {
        long realtimeNs = (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;
        _records.Enqueue(new WatchRecord(key, life, WatchRecordKind.Exited, realtimeNs, 1, IsEmpty: true, code << 8, 0, WatchTexts.None));
    }
}
