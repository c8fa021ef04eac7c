using System.Buffers.Text;
using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify.Daemons;

/// <summary>Lists the processes of a procfs and reads their files. Allocates nothing. Used by one thread.</summary>
/// <param name="proc">Where procfs is mounted.</param>
internal sealed class ProcessFiles(string proc)
{
    private readonly byte[] _root = Encoding.UTF8.GetBytes(proc + "\0");
    private readonly byte[] _buffer = new byte[32 * 1024];
    private readonly byte[] _text = new byte[64 * 1024];
    private readonly byte[] _path = new byte[64];
    private int _directory = -1;
    private DirectoryEntries _entries;

    /// <summary>Begins to list the processes.</summary>
    /// <returns>0, or -errno.</returns>
    internal int Open()
    {
        _directory = Libc.Openat(Libc.AT_FDCWD, _root, Libc.O_RDONLY | Libc.O_DIRECTORY);
        _entries = new DirectoryEntries(_directory, _buffer);
        return Math.Min(_directory, 0);
    }

    /// <summary>Ends the list.</summary>
    internal void Close()
    {
        if (_directory >= 0) Libc.Close(_directory);
        _directory = -1;
    }

    /// <summary>The next process.</summary>
    /// <returns>False at the end of the list.</returns>
    internal bool TryNext(out int pid)
    {
        while (_entries.MoveNext())
        {
            ReadOnlySpan<byte> name = _entries.Name;
            if (Utf8Parser.TryParse(name, out pid, out int used) && used == name.Length && pid > 0) return true;
        }

        pid = 0;
        return false;
    }

    /// <summary>Reads a file of a process of the list.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="fileWithNul">The file's name in /proc/PID, with a NUL byte.</param>
    /// <returns>The text, until the next call; empty if it cannot be read.</returns>
    internal ReadOnlySpan<byte> Read(int pid, ReadOnlySpan<byte> fileWithNul)
    {
        int descriptor = Libc.Openat(_directory, PathOf(pid, fileWithNul));
        if (descriptor < 0) return [];
        int length = 0;
        while (length < _text.Length)
        {
            int read = Libc.Read(descriptor, _text.AsSpan(length));
            if (read == -Errno.EINTR) continue;
            if (read <= 0) break;
            length += read;
        }

        Libc.Close(descriptor);
        return _text.AsSpan(0, length);
    }

    private ReadOnlySpan<byte> PathOf(int pid, ReadOnlySpan<byte> fileWithNul)
    {
        Utf8Formatter.TryFormat(pid, _path, out int length);
        _path[length++] = (byte)'/';
        fileWithNul.CopyTo(_path.AsSpan(length));
        return _path.AsSpan(0, length + fileWithNul.Length);
    }
}
