namespace NsCollector.Discover.Recognise;

/// <summary>The cgroups in which runtimes keep their own processes: monitors and supervisors, which live on the host.</summary>
/// <remarks>
/// Some stand inside the container's cgroup. Taking the first process there for the container's init process would give the
/// container the host's network. With the cgroupfs driver podman has <c>conmon</c> beside the container (seen with 4.3.1);
/// older versions had it inside (libpod/oci_conmon_linux.go).
/// </remarks>
internal static class HelperCgroup
{
    /// <summary>Whether a cgroup of this name holds processes of a runtime rather than those of a container.</summary>
    /// <param name="name">A cgroup's own name, without slashes.</param>
    internal static bool Is(ReadOnlySpan<char> name) =>
        name is "supervisor" or "monitor" or "conmon" or ".control" or "emulator" or "lxc.pivot" or "lxc.monitor"
        || name.StartsWith("lxc.monitor.", StringComparison.Ordinal)
        || name.StartsWith("crio-conmon-", StringComparison.Ordinal)
        || name.StartsWith("libpod-conmon-", StringComparison.Ordinal)
        || name.StartsWith("podman-pause-", StringComparison.Ordinal)
        || name.StartsWith("rootless-netns-", StringComparison.Ordinal);
}
