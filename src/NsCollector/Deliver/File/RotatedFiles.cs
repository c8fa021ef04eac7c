using System.IO.Compression;
using Microsoft.Extensions.Logging;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.File;

/// <summary>
/// The rotated files of a sink: lists them, removes the oldest, and compresses them on one low-priority thread, which only
/// exists if compression is enabled.
/// <para>
/// Compression is safe against a kill at any moment: the output has a temporary name, is synced, renamed to its final name, and
/// only then is the original removed. At the next start an incomplete output is removed, and the original of a complete one.
/// </para>
/// </summary>
internal sealed partial class RotatedFiles
{
    private readonly FileLocation _location;
    private readonly RotationNames _names;
    private readonly RotationPolicy _policy;
    private readonly SinkCounters _counters;
    private readonly ILogger _logger;
    private readonly Outage _outage;
    private readonly string _sink;

    // Guards the files of the directory against the other thread. Held only to list and remove, so that it never delays the
    // writing of lines for long.
    private readonly object _gate = new();
    private Thread? _compressor;
    private bool _compressionDue;
    private volatile bool _stopping;

    internal RotatedFiles(string sink, FileLocation location, RotationPolicy policy, SinkCounters counters, ILogger logger, TimeProvider clock)
    {
        _sink = sink;
        _location = location;
        _names = new RotationNames(location.FileName);
        _policy = policy;
        _counters = counters;
        _logger = logger;
        _outage = new Outage(clock);
    }

    /// <summary>Removes leftovers of a killed process, and starts the compressor if enabled.</summary>
    internal void Start(bool compress)
    {
        CleanUp();
        if (!compress) return;
        _compressionDue = true;
        _compressor = new Thread(Compress, maxStackSize: 256 * 1024) { IsBackground = true, Name = "gzip " + _location.FileName };
        _compressor.Start();
    }

    /// <summary>Stops the compressor; an unfinished compression is started again at the next start.</summary>
    internal void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }
        _compressor?.Join(500);
    }

    /// <summary>Renames the live file to the name of a rotated file.</summary>
    /// <param name="utcNow">The time.</param>
    /// <param name="path">Its path now.</param>
    /// <returns>0, or -errno: then nothing has changed.</returns>
    internal int MoveToRotated(DateTime utcNow, out string path)
    {
        DateTime? newest = null;
        foreach (RotatedName name in List()) newest = name.Stamp;
        while (true)
        {
            DateTime stamp = RotationNames.NextStamp(utcNow, newest);
            path = _location.Beside(_names.Of(stamp));
            int moved = Move(_location.PathWithNul, FileLocation.WithNul(path));
            if (moved != -Errno.EEXIST) return moved;
            newest = stamp;
        }
    }

    /// <summary>Undoes <see cref="MoveToRotated"/>, unless another live file exists by now.</summary>
    internal void UndoMove(string path) => Move(FileLocation.WithNul(path), _location.PathWithNul);

    /// <summary>Removes the oldest files beyond the number to keep, and starts compression of the others.</summary>
    internal void PruneAndCompress(int keepAtLeast = 0)
    {
        lock (_gate)
        {
            Prune(keepAtLeast);
            _compressionDue = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The rotated files, plain or compressed, oldest first. A file that exists in both forms is listed twice.</summary>
    internal List<RotatedName> List()
    {
        List<RotatedName> list = ListAll();
        list.RemoveAll(static name => name.Form == RotatedForm.UnfinishedGzip);
        return list;
    }

    private List<RotatedName> ListAll()
    {
        List<RotatedName> list = [];
        try
        {
            foreach (string path in System.IO.Directory.EnumerateFiles(_location.Directory))
            {
                if (_names.TryParse(Path.GetFileName(path), out RotatedName name)) list.Add(name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The sink reports problems with the directory when it writes the live file.
        }
        list.Sort(static (a, b) => (a.Stamp, a.Form).CompareTo((b.Stamp, b.Form)));
        return list;
    }

    private static int Move(byte[] from, byte[] to)
    {
        int moved = Libc.Renameat2(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to, Libc.RENAME_NOREPLACE);
        if (moved is not (-Errno.EINVAL or -Errno.ENOSYS)) return moved;
        if (Libc.Statx(Libc.AT_FDCWD, to, out _) == 0) return -Errno.EEXIST;
        return Libc.Renameat2(Libc.AT_FDCWD, from, Libc.AT_FDCWD, to, 0);
    }

    private void Prune(int keepAtLeast)
    {
        List<RotatedName> list = List();
        List<DateTime> stamps = [.. list.Select(static name => name.Stamp).Distinct()];
        int expendable = _policy.CountToRemove(stamps, keepAtLeast);
        if (expendable == 0) return;
        DateTime newestExpendable = stamps[expendable - 1];
        foreach (RotatedName name in list)
        {
            if (name.Stamp <= newestExpendable) Remove(name.FileName);
        }
    }

    private void Remove(string fileName)
    {
        string path = _location.Beside(fileName);
        int removed = Libc.Unlinkat(Libc.AT_FDCWD, FileLocation.WithNul(path));
        if (removed is 0 or -Errno.ENOENT) return;
        Failed("remove", path, Message(-removed));
    }

    private void CleanUp()
    {
        lock (_gate)
        {
            List<RotatedName> all = ListAll();
            HashSet<DateTime> complete = [.. all.Where(static name => name.Form == RotatedForm.Gzip).Select(static name => name.Stamp)];
            foreach (RotatedName name in all)
            {
                if (name.Form == RotatedForm.UnfinishedGzip || (name.Form == RotatedForm.Plain && complete.Contains(name.Stamp)))
                    Remove(name.FileName);
            }
            RemoveTornLine(all);
        }
    }

    /// <summary>
    /// Completes the repair of a process that was killed after it renamed a file with an incomplete line and before it truncated
    /// that line. Only the newest file can be affected.
    /// </summary>
    private void RemoveTornLine(List<RotatedName> all)
    {
        if (all is not [.., { Form: RotatedForm.Plain } newest]) return;
        string path = _location.Beside(newest.FileName);
        using LineFile? file = LineFile.Open(new FileLocation(path), mode: 0, DateTime.UtcNow, out _);
        if (file is not { TornBytes: > 0, WholeLinesEnd: >= 0 }) return;
        int removed = file.RemoveTornLine();
        if (removed < 0) Failed("repair", path, Message(-removed));
    }

    private void Compress()
    {
        Libc.Setpriority(Libc.PRIO_PROCESS, 0, 19);
        byte[] block = new byte[64 * 1024];
        while (true)
        {
            lock (_gate)
            {
                while (!_compressionDue && !_stopping) Monitor.Wait(_gate);
                if (_stopping) return;
                _compressionDue = false;
            }
            foreach (RotatedName name in List())
            {
                if (_stopping) return;
                if (name.Form != RotatedForm.Plain) continue;
                try
                {
                    CompressOne(name, block);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Tried again after the next rotation; until then the file stays uncompressed.
                    Failed("compress", _location.Beside(name.FileName), e.Message);
                    break;
                }
            }
        }
    }

    private void CompressOne(RotatedName name, byte[] block)
    {
        string plain = _location.Beside(name.FileName);
        string unfinished = _location.Beside(_names.Of(name.Stamp, RotatedForm.UnfinishedGzip));
        string complete = _location.Beside(_names.Of(name.Stamp, RotatedForm.Gzip));
        bool done = false;
        try
        {
            using FileStream from = new(plain, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            using FileStream to = new(unfinished, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = block.Length,
            });
            Libc.Fchmod((int)to.SafeFileHandle.DangerousGetHandle(), 0b110_000_000);
            using (GZipStream gzip = new(to, CompressionLevel.Fastest, leaveOpen: true))
            {
                int n;
                while ((n = from.Read(block)) > 0)
                {
                    if (_stopping) return;
                    gzip.Write(block, 0, n);
                }
            }
            to.Flush(flushToDisk: true);

            int source = (int)from.SafeFileHandle.DangerousGetHandle();
            int target = (int)to.SafeFileHandle.DangerousGetHandle();
            if (Libc.Statx(source, "\0"u8, out FileStatus status) == 0)
            {
                Libc.Fchownat(target, "\0"u8, (int)status.User, (int)status.Group);
                Libc.Fchmod(target, status.Mode & 0xFFF);
            }
            System.IO.File.SetLastWriteTimeUtc(to.SafeFileHandle, System.IO.File.GetLastWriteTimeUtc(from.SafeFileHandle));
            lock (_gate)
            {
                // The original was removed during the compression, so the compressed file is not needed.
                if (!System.IO.File.Exists(plain)) return;
                System.IO.File.Move(unfinished, complete);
                done = true;
                Remove(name.FileName);
                if (_outage.Recovered(out _, out _)) LogWorksAgain(_logger, _sink);
            }
        }
        catch (FileNotFoundException)
        {
            // It was removed before it was opened.
        }
        finally
        {
            if (!done) Libc.Unlinkat(Libc.AT_FDCWD, FileLocation.WithNul(unfinished));
        }
    }

    private void Failed(string what, string path, string why)
    {
        _counters.RotationFailed();
        if (_outage.Failed(what[0])) LogFailed(_logger, _sink, what, path, why);
    }

    private static string Message(int errno) => System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno);

    [LoggerMessage(EventId = 341, Level = LogLevel.Warning, Message = "{Sink}: cannot {What} the rotated file {Path}: {Why}. No line is lost; the agent tries again at the next rotation.")]
    private static partial void LogFailed(ILogger logger, string sink, string what, string path, string why);

    [LoggerMessage(EventId = 342, Level = LogLevel.Information, Message = "{Sink}: compression of rotated files works again.")]
    private static partial void LogWorksAgain(ILogger logger, string sink);
}
