using System.Globalization;
using System.Text;
using NsCollector.Deliver.Influx.Answers;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.Influx;

/// <summary>
/// The file of the lines that a server refuses for good, each under a comment that says when and why, so that the whole of
/// it can be mended and posted again by hand. It and the one before it (<c>.1</c>) stay under a bound together: each gets
/// half of it. Not thread-safe; opened at the first line.
/// </summary>
internal sealed class RefusedFile : IDisposable
{
    private const int Mode = 0b110_100_000;

    private readonly FileLocation _location;
    private readonly FileLocation _older;
    private readonly long _halfBytes;
    private LineFile? _file;

    /// <param name="path">Where; its last directory is made where it is missing.</param>
    /// <param name="maxBytes">How large it and the one before it may be together.</param>
    internal RefusedFile(string path, long maxBytes)
    {
        _location = new FileLocation(path);
        _older = new FileLocation(_location.Path + ".1");
        _halfBytes = Math.Max(0, maxBytes / 2);
    }

    /// <summary>Where it is.</summary>
    internal string Path => _location.Path;

    /// <summary>Appends a line and why it was refused.</summary>
    /// <param name="line">The line, with or without the LF at its end; empty where only the reason is known.</param>
    /// <param name="reason">Why, on one line.</param>
    /// <param name="now">When.</param>
    /// <returns>0, or -errno: -EFBIG for a line that the bound has no room for, -EAGAIN where another process has the file.</returns>
    internal int Append(ReadOnlySpan<byte> line, string reason, DateTimeOffset now)
    {
        if (line.EndsWith("\n"u8)) line = line[..^1];
        byte[] record = Record(line, reason, now);
        if (record.Length > _halfBytes) return -Errno.EFBIG;

        int opened = Open(now);
        if (opened < 0) return opened;
        if (_file!.Size + record.Length > _halfBytes)
        {
            int rotated = Rotate(now);
            if (rotated < 0) return rotated;
        }

        int error = _file!.Append(record, out int appended);
        // A comment that was written without its line would be taken for the next one's: better none of both.
        if (appended < record.Length && (appended > 0 || _file.IsMidLine)) Close();
        return error;
    }

    /// <summary>Closes it.</summary>
    public void Dispose() => Close();

    private static byte[] Record(ReadOnlySpan<byte> line, string reason, DateTimeOffset now)
    {
        string comment = string.Create(CultureInfo.InvariantCulture, $"# {now.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ} {OneLine.Text(reason)}\n");
        byte[] head = Encoding.UTF8.GetBytes(comment);
        if (line.IsEmpty) return head;
        byte[] record = new byte[head.Length + line.Length + 1];
        head.CopyTo(record, 0);
        line.CopyTo(record.AsSpan(head.Length));
        // What the server took for one line must not become two here.
        record.AsSpan(head.Length).Replace((byte)'\n', (byte)' ');
        record[^1] = (byte)'\n';
        return record;
    }

    private int Open(DateTimeOffset now)
    {
        if (_file is not null && !_file.IsStillInPlace()) Close();
        if (_file is not null) return 0;

        // Left by a larger bound.
        if (Libc.Statx(Libc.AT_FDCWD, _older.PathWithNul, out FileStatus older) == 0 && older.IsRegularFile && older.Size > _halfBytes)
            Libc.Unlinkat(Libc.AT_FDCWD, _older.PathWithNul);

        LineFile? file = LineFile.Open(_location, Mode, now.UtcDateTime, out FileFault fault);
        // The spool's own directory, where there is no spool.
        if (file is null && fault == new FileFault(FileStep.Open, Errno.ENOENT) && Libc.Mkdirat(Libc.AT_FDCWD, _location.DirectoryWithNul, 0b111_101_000) == 0)
            file = LineFile.Open(_location, Mode, now.UtcDateTime, out fault);
        if (file is null) return fault.Errno > 0 ? -fault.Errno : -Errno.EINVAL;
        if (file.TornBytes > 0)
        {
            // Half a line is of no use to whoever posts the file again, but says what the agent was killed over: it is
            // finished, not cut off.
            int finished = file.Append("\n"u8, out _);
            if (finished < 0)
            {
                file.Dispose();
                return finished;
            }
        }
        _file = file;
        return 0;
    }

    private int Rotate(DateTimeOffset now)
    {
        int moved = _file!.Size > _halfBytes
            ? Libc.Unlinkat(Libc.AT_FDCWD, _location.PathWithNul)
            : Libc.Renameat2(Libc.AT_FDCWD, _location.PathWithNul, Libc.AT_FDCWD, _older.PathWithNul, 0);
        if (moved < 0) return moved;
        Close();
        return Open(now);
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }
}
