using System.Text;
using Microsoft.Extensions.Logging;
using NsCollector.Linux.Interop;

namespace NsCollector.Host;

/// <summary>Sets who may connect to a unix socket.</summary>
internal static class SocketAccess
{
    // 0660: root and the group.
    private const int SocketMode = 0b110_110_000;

    /// <summary>Sets the mode of a socket to 0660, and its group. The umask of the service lets the group read a socket, but not connect to it.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="group">The group's name; empty for the agent's own group.</param>
    /// <param name="section">The section of the configuration, for messages.</param>
    /// <param name="logger">Logs failures.</param>
    internal static void Set(string path, string group, string section, ILogger logger)
    {
        byte[] withNul = Encoding.UTF8.GetBytes(path + "\0");
        if (group.Length > 0)
        {
            if (Posix.FindGroup(group, out uint number) != AccountLookup.Found) AgentLog.SocketGroupUnknown(logger, group, section);
            else if (Libc.Fchownat(Libc.AT_FDCWD, withNul, -1, (int)number) is < 0 and int error) AgentLog.CannotSetSocketGroup(logger, path, section, -error);
        }

        if (Libc.Fchmodat(Libc.AT_FDCWD, withNul, SocketMode) is < 0 and int failed) AgentLog.CannotSetSocketMode(logger, path, section, -failed);
    }
}
