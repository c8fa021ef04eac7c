using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// Looks at a daemon's socket without connecting. Where systemd made the socket (docker.socket), whoever connects starts
/// the daemon, and <c>systemctl stop docker</c> would not last: then the daemon's pid file beside the socket must be there,
/// which dockerd writes at its start and removes at its end. Used by one thread.
/// </summary>
/// <param name="options">Which socket.</param>
/// <param name="roots">Where /proc is: its first process is systemd, or is not.</param>
internal sealed class EngineSocket(EngineOptions options, HostRoots roots)
{
    private const int MaxRows = 100_000;

    private readonly string _pidFile = Path.ChangeExtension(options.SocketPath, ".pid");

    // systemd leaves a link for each service that runs (src/core/unit.c, unit_export_invocation_id).
    private readonly string _service = $"{roots.Run}/systemd/units/invocation:{Path.GetFileNameWithoutExtension(options.SocketPath)}.service";

    private StateFileStamp? _socket;
    private StateFileStamp? _daemon;
    private bool _isSystemds;

    /// <summary>Whether systemd listens on the socket that was last looked at.</summary>
    internal bool IsSystemds => _isSystemds;

    /// <summary>Looks, and remembers what it saw. A few statx(2); reads /proc only when the socket is another one.</summary>
    internal EngineSocketState Look()
    {
        int result = StateFileStamp.Statx(options.SocketPath, out FileStatus status);
        if (result is -Errno.ENOENT or -Errno.ENOTDIR)
        {
            _socket = null;
            _daemon = null;
            return EngineSocketState.Missing;
        }

        StateFileStamp stamp = result < 0 ? StateFileStamp.Refused(options.SocketPath, result) : StateFileStamp.Of(options.SocketPath, status);
        if (stamp != _socket)
        {
            _socket = stamp;
            _isSystemds = !options.MayStartDaemon && ListensFirstProcess();
        }

        _daemon = Stamp(_pidFile);
        return _isSystemds && _daemon is null && StateFileStamp.Statx(_service, out _) < 0 ? EngineSocketState.Asleep : EngineSocketState.Present;
    }

    /// <summary>Whether the socket, or the daemon behind it, is another one than when it was last looked at. Two statx(2).</summary>
    internal bool HasChanged() => _socket?.IsCurrent() != true || (_daemon is null ? Stamp(_pidFile) is not null : !_daemon.IsCurrent());

    private static StateFileStamp? Stamp(string path) =>
        StateFileStamp.Statx(path, out FileStatus status) < 0 ? null : StateFileStamp.Of(path, status);

    // Where it may not be seen, a connection is tried: without CAP_SYS_PTRACE.
    private bool ListensFirstProcess()
    {
        try
        {
            HashSet<string> inodes = [];
            // Num RefCount Protocol Flags Type St Inode Path (net/unix/af_unix.c, unix_seq_show); 00010000 is __SO_ACCEPTCON.
            // The path is the one that it was bound to, in its own mount namespace: only the name in it is compared.
            string name = "/" + Path.GetFileName(options.SocketPath);
            foreach (string row in File.ReadLines(roots.Proc + "/1/net/unix").Take(MaxRows))
            {
                string[] columns = row.Split(' ', 8, StringSplitOptions.RemoveEmptyEntries);
                if (columns.Length == 8 && columns[3] == "00010000" && columns[7].EndsWith(name, StringComparison.Ordinal)) inodes.Add($"socket:[{columns[6]}]");
            }

            return inodes.Count > 0 && Directory.EnumerateFileSystemEntries(roots.Proc + "/1/fd")
                .Take(MaxRows)
                .Any(descriptor => new FileInfo(descriptor).LinkTarget is { } target && inodes.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
