using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Linux;

/// <summary>
/// The mountinfo of a process, held open, and read again only after poll(2) reports a change (mounts_poll in
/// fs/proc_namespace.c). For one thread at a time.
/// </summary>
/// <param name="path">The file.</param>
internal sealed class MountInfoFile(string path) : IDisposable
{
    // A host with thousands of containers has mountinfo of a few hundred bytes for each.
    private const int MaxBytes = 64 << 20;

    private readonly byte[] _path = Encoding.UTF8.GetBytes(path + "\0");
    private byte[] _buffer = new byte[64 * 1024];
    private int _descriptor = -1;
    private int _length;

    /// <summary>The text as last read, with one character for each byte.</summary>
    internal string Text => Encoding.Latin1.GetString(_buffer, 0, _length);

    /// <summary>Reads the file if it has changed since the last call.</summary>
    /// <returns>Its length, 0 if it has not changed, or -errno; after an error the next call opens it again.</returns>
    internal int ReadIfChanged()
    {
        if (_descriptor < 0) _descriptor = Libc.Openat(Libc.AT_FDCWD, _path);
        else if ((Libc.Poll(_descriptor, 0, 0) & Libc.POLLERR) == 0) return 0;
        _length = Math.Max(0, _descriptor < 0 ? 0 : Read());
        if (_length > 0) return _length;
        int error = _descriptor < 0 ? _descriptor : -Errno.EIO;
        Dispose();
        return error;
    }

    public void Dispose()
    {
        if (_descriptor >= 0) Libc.Close(_descriptor);
        _descriptor = -1;
    }

    private int Read()
    {
        while (true)
        {
            int length = Libc.PreadFully(_descriptor, _buffer);
            if (length < _buffer.Length) return length;
            if (length >= MaxBytes) return -Errno.EOVERFLOW;
            _buffer = new byte[length * 2];
        }
    }
}
