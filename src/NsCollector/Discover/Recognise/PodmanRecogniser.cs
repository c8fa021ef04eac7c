namespace NsCollector.Discover.Recognise;

/// <summary>Podman, rootful and rootless, in pods, quadlets and with either driver.</summary>
/// <remarks>
/// <c>libpod-ID.scope</c> (systemd), <c>libpod-ID</c> (cgroupfs), <c>libpod-payload-ID</c> (<c>--cgroups=split</c>),
/// and <c>podman-PID.scope/ID</c> (rootless on v1). The pod above (<c>/libpod_parent/PODID</c>) has a bare id and is not
/// a container: its infra container is, and owns the pod's network. The scopes of conmon, of the pause process, of the
/// podman command and of the rootless network are podman's own. Source: podman, libpod/container.go and oci_conmon_linux.go.
/// </remarks>
internal sealed class PodmanRecogniser : IContainerRecogniser
{
    /// <inheritdoc/>
    public IReadOnlyList<string> ParentNames { get; } = ["libpod_parent"];

    /// <inheritdoc/>
    public bool TryRecognise(string path, out RecognisedContainer container)
    {
        container = default;
        CgroupPath cgroup = new(path);
        if (!OciId.TryCut(cgroup.Last, "libpod-", ".scope", out ReadOnlySpan<char> id)
            && !OciId.TryCut(cgroup.Last, "libpod-", "", out id)
            && !OciId.TryCut(cgroup.Last, "libpod-payload-", "", out id)
            && !OciId.TryCutUnsplit(cgroup.Last, ":libpod:", out _, out id))
        {
            if (!OciId.Is(cgroup.Last) || !IsCommandScope(cgroup.Parent)) return false;
            id = cgroup.Last;
        }

        container = new(ContainerRuntime.Podman, id.ToString(), null, KubernetesPod.UidAbove(cgroup.Above));
        return true;
    }

    private static bool IsCommandScope(ReadOnlySpan<char> element) =>
        element.StartsWith("podman-", StringComparison.Ordinal)
        && element.EndsWith(".scope", StringComparison.Ordinal)
        && element.Length > "podman-.scope".Length
        && element["podman-".Length..^".scope".Length].IndexOfAnyExceptInRange('0', '9') < 0;
}
