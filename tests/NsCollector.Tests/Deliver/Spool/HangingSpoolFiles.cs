using NsCollector.Deliver.Spool;

namespace NsCollector.Tests.Deliver.Spool;

/// <summary>Spool files in memory, of which one operation hangs, as on a dead disk, until it is let go.</summary>
internal sealed class HangingSpoolFiles : ISpoolFiles, IDisposable
{
    private readonly Dictionary<SpoolFileName, byte[]> _files = [];
    private readonly ManualResetEventSlim _go = new();

    /// <summary>The operation that hangs; empty: none.</summary>
    internal string Hangs { get; set; } = "";

    /// <summary>Set once an operation hangs.</summary>
    internal ManualResetEventSlim Hanging { get; } = new();

    public string Path => "/nowhere";

    internal void LetGo() => _go.Set();

    public int Open() => 0;

    public bool TryScan(out List<SpoolFile> files)
    {
        files = [];
        return true;
    }

    public long LastSequence() => 0;

    public int Write(SpoolFileName name, ReadOnlySpan<byte> bytes)
    {
        HangIn(nameof(Write));
        lock (_files) _files[name] = bytes.ToArray();
        return 0;
    }

    public int SyncAll()
    {
        HangIn(nameof(SyncAll));
        return 0;
    }

    public SpoolReadResult Read(SpoolFileName name, ref byte[] buffer, out int length, out int error)
    {
        HangIn(nameof(Read));
        lock (_files) buffer = _files[name];
        length = buffer.Length;
        error = 0;
        return SpoolReadResult.Whole;
    }

    public int Remove(SpoolFileName name)
    {
        HangIn(nameof(Remove));
        lock (_files) _files.Remove(name);
        return 0;
    }

    public int SetAside(SpoolFileName name, string suffix, int keep, out string path)
    {
        HangIn(nameof(SetAside));
        path = Path + "/" + name + suffix;
        return 0;
    }

    public void Dispose()
    {
        LetGo();
        Hanging.Dispose();
    }

    private void HangIn(string operation)
    {
        if (operation != Hangs) return;
        Hanging.Set();
        _go.Wait();
    }
}
