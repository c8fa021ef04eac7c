using NsCollector.Linux.Interop;
using NsCollector.Linux.KernelLog;
using NsCollector.Sample;

namespace NsCollector.Host.Check;

/// <summary>Whether the agent can read the victims of OOM kills from the kernel's log.</summary>
internal static class OomCheck
{
    /// <summary>Opens the log, reads nothing, and closes it.</summary>
    internal static Finding Find(OomVictimMode mode)
    {
        if (mode == OomVictimMode.Off) return Of(mode, 0);
        using KernelLogReader? reader = KernelLogReader.OpenAtEnd(out int error);
        return Of(mode, error);
    }

    /// <param name="mode">The configuration.</param>
    /// <param name="error">0, or -errno of opening the log.</param>
    internal static Finding Of(OomVictimMode mode, int error)
    {
        if (mode == OomVictimMode.Off) return Finding.Ok("OOM victims: turned off by the configuration ([cgroup] oom_victims)");
        if (error == 0) return Finding.Ok($"OOM victims: container_oom names them ({KernelLogReader.Device} can be read)");
        string text = $"OOM victims: {KernelLogReader.Device} cannot be opened ({Errno.Name(-error)}), so container_oom does not say which process was killed; to permit it, add CAP_SYSLOG, ProtectKernelLogs=no and BindReadOnlyPaths={KernelLogReader.Device} in a drop-in of the unit, or give a container CAP_SYSLOG and the device (--device)";
        return mode == OomVictimMode.On ? Finding.Warn(text) : Finding.Ok(text);
    }
}
