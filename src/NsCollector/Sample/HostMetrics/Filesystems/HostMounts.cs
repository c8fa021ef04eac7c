using System.Text;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.HostMetrics.Filesystems;

/// <summary>
/// The chosen mounts of the host. mountinfo is held open, and read again when the kernel says by poll(2) that it has changed
/// (mounts_poll in fs/proc_namespace.c). For one thread at a time.
/// </summary>
/// <param name="mountInfo">The host's mountinfo (PROC/1/mountinfo).</param>
/// <param name="selection">Chooses.</param>
/// <param name="counters">Counts failures.</param>
/// <param name="log">Says once if the mounts cannot be reached.</param>
internal sealed class HostMounts(string mountInfo, MountSelection selection, AgentCounters counters, RateLimitedLog log) : IDisposable
{
    // A host with thousands of containers has mountinfo of a few hundred bytes for each.
    private const int MaxBytes = 64 << 20;

    private readonly byte[] _path = Encoding.UTF8.GetBytes(mountInfo + "\0");
    private byte[] _buffer = new byte[64 * 1024];
    private HostMount[] _mounts = [];
    private int _descriptor = -1;
    private bool _hasFailed;
    private bool _isDenied;

    /// <summary>The mounts as they are now. Allocates only if they have changed.</summary>
    internal HostMount[] Refresh()
    {
        if (_isDenied) return _mounts;
        if (_descriptor < 0)
        {
            if (IsDenied()) return _mounts;
            _descriptor = Libc.Openat(Libc.AT_FDCWD, _path);
            if (_descriptor < 0) return Fail();
        }
        else if ((Libc.Poll(_descriptor, 0, 0) & Libc.POLLERR) == 0)
        {
            return _mounts;
        }

        int length = Read();
        if (length < 0) return Fail();
        _hasFailed = false;
        _mounts = selection.Choose(Encoding.Latin1.GetString(_buffer, 0, length), out int overLimit);
        if (overLimit > 0) counters.Add(AgentCounter.FilesystemsOverLimit, overLimit);
        return _mounts;
    }

    public void Dispose()
    {
        if (_descriptor >= 0) Libc.Close(_descriptor);
        _descriptor = -1;
    }

    /// <summary>Process 1 may be protected even from root. That does not change, and is no failure of a reading.</summary>
    private bool IsDenied()
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, selection.RootPath, Libc.O_PATH | Libc.O_DIRECTORY);
        if (descriptor >= 0) Libc.Close(descriptor);
        _isDenied = descriptor is -Errno.EACCES or -Errno.EPERM;
        if (_isDenied) log.Information("mounts denied", "The host's file systems are not reported, because the mounts of process 1 may not be read. Grant CAP_SYS_PTRACE, or set host.filesystems to off.");
        return _isDenied;
    }

    // Counted once, not in each cycle.
    private HostMount[] Fail()
    {
        if (!_hasFailed) counters.Add(AgentCounter.ReadErrors);
        _hasFailed = true;
        Dispose();
        return _mounts = [];
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
