namespace NsCollector.Discover.Recognise;

/// <summary>LXC of all versions, LXD, Incus, Proxmox containers and libvirt's LXC driver.</summary>
/// <remarks>
/// <list type="bullet">
/// <item><c>lxc.payload.NAME</c>, since LXC 4, also below <c>lxc.cgroup.dir</c>;</item>
/// <item><c>lxc.payload/NAME</c>, and <c>lxc/NAME</c> of LXC before 4 and of Proxmox (where the name is the number);</item>
/// <item><c>machine-lxc\x2dNUMBER\x2dNAME.scope</c>, <c>NAME.libvirt-lxc</c> and <c>libvirt/lxc/NAME</c> of libvirt.</item>
/// </list>
/// If <c>lxc.cgroup.pattern</c> creates <c>lxc/NAME/payload</c> and <c>lxc/NAME/monitor</c>, <c>lxc/NAME</c> is the container;
/// its monitor is a <see cref="HelperCgroup"/> and does not count as its init process.
/// </remarks>
internal sealed class LxcRecogniser : IContainerRecogniser
{
    private const string PayloadPrefix = "lxc.payload.";
    private const string LibvirtScopePrefix = @"machine-lxc\x2d";
    private const string LibvirtSuffix = ".libvirt-lxc";

    /// <inheritdoc/>
    public IReadOnlyList<string> ParentNames { get; } = ["lxc", "lxc.payload", "machine"];

    /// <inheritdoc/>
    public bool TryRecognise(string path, out RecognisedContainer container)
    {
        container = default;
        if (Name(new CgroupPath(path)) is not { Length: > 0 } name) return false;
        container = new(ContainerRuntime.Lxc, name, name, null);
        return true;
    }

    private static string? Name(CgroupPath cgroup)
    {
        ReadOnlySpan<char> last = cgroup.Last;
        if (last.StartsWith(PayloadPrefix, StringComparison.Ordinal)) return last[PayloadPrefix.Length..].ToString();
        if (last.StartsWith(LibvirtScopePrefix, StringComparison.Ordinal)) return NameInScope(last);
        if (last.EndsWith(LibvirtSuffix, StringComparison.Ordinal)) return last[..^LibvirtSuffix.Length].ToString();
        if (cgroup.Parent is not ("lxc" or "lxc.payload")) return null;
        // A container may be called lxc: cgroups in lxc/lxc are inside it.
        if (cgroup.Grandparent is "lxc" or "lxc.payload") return null;
        // Another runtime's container with a systemd in it may have such a cgroup, too.
        if (last is "init.scope" || HelperCgroup.Is(last)) return null;
        return last.ToString();
    }

    private static string? NameInScope(ReadOnlySpan<char> element)
    {
        if (!element.EndsWith(".scope", StringComparison.Ordinal)) return null;
        if (element.Length < LibvirtScopePrefix.Length + ".scope".Length) return null;
        ReadOnlySpan<char> numberAndName = SystemdName.Unescape(element[LibvirtScopePrefix.Length..^".scope".Length]);
        int dash = numberAndName.IndexOf('-');
        if (dash <= 0 || numberAndName[..dash].IndexOfAnyExceptInRange('0', '9') >= 0) return null;
        return numberAndName[(dash + 1)..].ToString();
    }
}
