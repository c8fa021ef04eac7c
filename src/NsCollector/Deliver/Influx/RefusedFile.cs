using System.Globalization;
using System.Text;
using NsCollector.Deliver.Http;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.Influx;

/// <summary>
/// The file of lines that a server has permanently refused. A comment above each line says when and why, so that the file can be
/// corrected and posted by hand. It and its predecessor (<c>.1</c>) have a common size limit, half for each. Not thread-safe;
/// opened at the first line.
/// </summary>
internal sealed class RefusedFile : IDisposable
{
    private const int Mode = 0b110_100_000;

    private readonly FileLocation _location;
    private readonly FileLocation _older;
    private readonly long _halfBytes;
    private LineFile? _file;

    /// <param name="path">Its path; its last directory is created if missing.</param>
    /// <param name="maxBytes">Maximum size of it and its predecessor together.</param>
    internal RefusedFile(string path, long maxBytes)
    {
        _location = new FileLocation(path);
        _older = new FileLocation(_location.Path + ".1");
        _halfBytes = Math.Max(0, maxBytes / 2);
    }

    /// <summary>Its path.</summary>
    internal string Path => _location.Path;

    /// <summary>Appends a line and the reason for its refusal.</summary>
    /// <param name="line">The line, with or without the LF at its end; empty if only the reason is known.</param>
    /// <param name="reason">Why, on one line.</param>
    /// <param name="now">When.</param>
    /// <returns>0, or -errno: -EFBIG for a line over the limit, -EAGAIN if another process has locked the file.</returns>
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
        // A comment without its line would seem to belong to the next line, so reopen the file.
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
        // What was one line to the server must stay one line here.
        record.AsSpan(head.Length).Replace((byte)'\n', (byte)' ');
        record[^1] = (byte)'\n';
        return record;
    }

    private int Open(DateTimeOffset now)
    {
        if (_file is not null && !_file.IsStillInPlace()) Close();
        if (_file is not null) return 0;

        // Left from a larger limit.
        if (Libc.Statx(Libc.AT_FDCWD, _older.PathWithNul, out FileStatus older) == 0 && older.IsRegularFile && older.Size > _halfBytes)
            Libc.Unlinkat(Libc.AT_FDCWD, _older.PathWithNul);

        LineFile? file = LineFile.Open(_location, Mode, now.UtcDateTime, out FileFault fault);
        // The spool's directory does not exist if the spool is disabled.
        if (file is null && fault == new FileFault(FileStep.Open, Errno.ENOENT) && _location.MakeDirectory() == 0)
            file = LineFile.Open(_location, Mode, now.UtcDateTime, out fault);
        if (file is null) return fault.Errno > 0 ? -fault.Errno : -Errno.EINVAL;
        if (file.TornBytes > 0)
        {
            // End the incomplete line instead of truncating it: it shows what was written when the agent was killed.
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
