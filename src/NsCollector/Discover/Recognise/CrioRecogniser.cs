namespace NsCollector.Discover.Recognise;

/// <summary>CRI-O: <c>crio-ID.scope</c> with the systemd driver, <c>crio-ID</c> with cgroupfs and for sandboxes.</summary>
/// <remarks>
/// conmon's <c>crio-conmon-ID</c> is not recognised: no id follows the dash. Source: cAdvisor, container/crio/factory.go.
/// </remarks>
internal sealed class CrioRecogniser : IContainerRecogniser
{
    /// <inheritdoc/>
    public IReadOnlyList<string> ParentNames { get; } = ["crio"];

    /// <inheritdoc/>
    public bool TryRecognise(string path, out RecognisedContainer container)
    {
        container = default;
        CgroupPath cgroup = new(path);
        ReadOnlySpan<char> slice = default;
        if (!OciId.TryCut(cgroup.Last, "crio-", ".scope", out ReadOnlySpan<char> id) && !OciId.TryCut(cgroup.Last, "crio-", "", out id)
            && !OciId.TryCutUnsplit(cgroup.Last, ":crio:", out slice, out id))
        {
            return false;
        }

        container = new(ContainerRuntime.Crio, id.ToString(), null, KubernetesPod.UidOf(slice, cgroup.Above));
        return true;
    }
}
