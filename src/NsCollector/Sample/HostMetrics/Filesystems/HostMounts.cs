using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.HostMetrics.Filesystems;

/// <summary>
/// The chosen mounts of the host. Their text is read again only when it has changed. For one thread at a time.
/// </summary>
/// <param name="mountInfo">The host's mountinfo (PROC/1/mountinfo).</param>
/// <param name="selection">Chooses.</param>
/// <param name="counters">Counts failures.</param>
/// <param name="log">Says once if the mounts cannot be reached.</param>
internal sealed class HostMounts(string mountInfo, MountSelection selection, AgentCounters counters, RateLimitedLog log) : IDisposable
{
    private readonly MountInfoFile _file = new(mountInfo);
    private HostMount[] _mounts = [];
    private bool _isAllowed;
    private bool _hasFailed;
    private bool _isDenied;

    /// <summary>The mounts as they are now. Allocates only if they have changed.</summary>
    internal HostMount[] Refresh()
    {
        if (_isDenied || IsDenied()) return _mounts;
        int length = _file.ReadIfChanged();
        if (length == 0) return _mounts;
        if (length < 0) return Fail();
        _hasFailed = false;
        _mounts = selection.Choose(_file.Text, out int overLimit);
        if (overLimit > 0) counters.Add(AgentCounter.FilesystemsOverLimit, overLimit);
        return _mounts;
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Process 1 may be protected even from root. That does not change, and is no failure of a reading.</summary>
    private bool IsDenied()
    {
        if (_isAllowed) return false;
        int descriptor = Libc.Openat(Libc.AT_FDCWD, selection.RootPath, Libc.O_PATH | Libc.O_DIRECTORY);
        if (descriptor >= 0) Libc.Close(descriptor);
        _isAllowed = descriptor >= 0;
        _isDenied = descriptor is -Errno.EACCES or -Errno.EPERM;
        if (_isDenied) log.Information("mounts denied", "The host's file systems are not reported, because the mounts of process 1 may not be read. Grant CAP_SYS_PTRACE, or set host.filesystems to off.");
        return _isDenied;
    }

    // Counted once, not in each cycle.
    private HostMount[] Fail()
    {
        if (!_hasFailed) counters.Add(AgentCounter.ReadErrors);
        _hasFailed = true;
        _isAllowed = false;
        return _mounts = [];
    }
}
