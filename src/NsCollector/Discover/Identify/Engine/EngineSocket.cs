using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>
/// Checks a daemon's socket without connecting. If systemd listens on the socket (docker.socket), a connection starts the
/// daemon, and <c>systemctl stop docker</c> would not last. The agent then waits for the daemon's pid file beside the socket,
/// which dockerd writes at its start and removes at its end. Used by one thread.
/// </summary>
/// <param name="options">Which socket.</param>
/// <param name="roots">Where the host's /proc and /run are.</param>
internal sealed class EngineSocket(EngineOptions options, HostRoots roots)
{
    private const int MaxRows = 100_000;

    private readonly string _pidFile = Path.ChangeExtension(options.SocketPath, ".pid");

    // systemd keeps a link for each running service (src/core/unit.c, unit_export_invocation_id).
    private readonly string _service = $"{roots.Run}/systemd/units/invocation:{Path.GetFileNameWithoutExtension(options.SocketPath)}.service";

    private StateFileStamp? _socket;
    private StateFileStamp? _daemon;
    private bool _isSystemds;

    /// <summary>Whether systemd listens on the socket that was last checked.</summary>
    internal bool IsSystemds => _isSystemds;

    /// <summary>
    /// Whether there is a socket whose daemon is not merely waiting to be started by systemd. Remembers what it saw. A few
    /// statx(2); reads /proc only if the socket is another one.
    /// </summary>
    internal bool MayConnect()
    {
        int result = StateFileStamp.Statx(options.SocketPath, out FileStatus status);
        if (result is -Errno.ENOENT or -Errno.ENOTDIR)
        {
            _socket = null;
            _daemon = null;
            return false;
        }

        StateFileStamp stamp = result < 0 ? StateFileStamp.Refused(options.SocketPath, result) : StateFileStamp.Of(options.SocketPath, status);
        if (stamp != _socket)
        {
            _socket = stamp;
            _isSystemds = !options.MayStartDaemon && IsHeldByFirstProcess();
        }

        _daemon = Stamp(_pidFile);
        return !_isSystemds || _daemon is not null || StateFileStamp.Statx(_service, out _) >= 0;
    }

    /// <summary>Whether the socket or its daemon has changed since the last check. Two statx(2).</summary>
    internal bool HasChanged() => _socket?.IsCurrent() != true || (_daemon is null ? Stamp(_pidFile) is not null : !_daemon.IsCurrent());

    private static StateFileStamp? Stamp(string path) =>
        StateFileStamp.Statx(path, out FileStatus status) < 0 ? null : StateFileStamp.Of(path, status);

    // Without CAP_SYS_PTRACE this cannot be seen, and the answer is no.
    private bool IsHeldByFirstProcess()
    {
        try
        {
            HashSet<string> inodes = [];
            // Num RefCount Protocol Flags Type St Inode Path (net/unix/af_unix.c, unix_seq_show); 00010000 is __SO_ACCEPTCON.
            // The path is the one that was bound, in another mount namespace: only the file name is compared.
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
