namespace NsCollector.Discover.Recognise;

/// <summary>The cgroups of the runtimes' own processes: monitors and supervisors, which run in the host's namespaces.</summary>
/// <remarks>
/// Some are inside the container's cgroup. If their first process counted as the container's init process, the container
/// would have the host's network. With the cgroupfs driver podman has <c>conmon</c> beside the container (observed with
/// 4.3.1); older versions had it inside (libpod/oci_conmon_linux.go).
/// </remarks>
internal static class HelperCgroup
{
    /// <summary>Whether a cgroup of this name has processes of a runtime, and not of a container.</summary>
    /// <param name="name">A cgroup's own name, without slashes.</param>
    internal static bool Is(ReadOnlySpan<char> name) =>
        name is "supervisor" or "monitor" or "conmon" or ".control" or "emulator" or "lxc.pivot" or "lxc.monitor"
        || name.StartsWith("lxc.monitor.", StringComparison.Ordinal)
        || name.StartsWith("crio-conmon-", StringComparison.Ordinal)
        || name.StartsWith("libpod-conmon-", StringComparison.Ordinal)
        || name.StartsWith("podman-pause-", StringComparison.Ordinal)
        || name.StartsWith("rootless-netns-", StringComparison.Ordinal);
}
