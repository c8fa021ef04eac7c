namespace NsCollector.Discover.Recognise;

/// <summary>
/// systemd-nspawn: <c>systemd-nspawn@NAME.service</c>, or <c>machine-NAME.scope</c> of <c>machine.slice</c> if it was started by hand.
/// </summary>
/// <remarks>
/// The unit's cgroup is the container, not its <c>payload</c>: the limits are set on the unit. Its <c>supervisor</c> is a
/// <see cref="HelperCgroup"/>. libvirt's virtual machines have scopes of the same form and are not containers.
/// </remarks>
internal sealed class NspawnRecogniser : IContainerRecogniser
{
    private const string ServicePrefix = "systemd-nspawn@";
    private const string ScopePrefix = "machine-";

    /// <inheritdoc/>
    public bool TryRecognise(string path, out RecognisedContainer container)
    {
        container = default;
        CgroupPath cgroup = new(path);
        ReadOnlySpan<char> last = cgroup.Last;
        if (!cgroup.Parent.EndsWith(".slice", StringComparison.Ordinal)) return false;
        ReadOnlySpan<char> escaped;
        if (last.StartsWith(ServicePrefix, StringComparison.Ordinal) && last.EndsWith(".service", StringComparison.Ordinal))
        {
            escaped = last[ServicePrefix.Length..^".service".Length];
        }
        else if (IsMachineSlice(cgroup.Parent)
            && last.Length >= ScopePrefix.Length + ".scope".Length
            && last.StartsWith(ScopePrefix, StringComparison.Ordinal)
            && last.EndsWith(".scope", StringComparison.Ordinal))
        {
            escaped = last[ScopePrefix.Length..^".scope".Length];
            if (escaped.StartsWith(@"qemu\x2d", StringComparison.Ordinal) || escaped.StartsWith(@"lxc\x2d", StringComparison.Ordinal)) return false;
        }
        else
        {
            return false;
        }

        if (escaped.IsEmpty) return false;
        string name = SystemdName.Unescape(escaped);
        container = new(ContainerRuntime.Nspawn, name, name, null);
        return true;
    }

    private static bool IsMachineSlice(ReadOnlySpan<char> element) =>
        element is "machine.slice" || element.StartsWith("machine-", StringComparison.Ordinal);
}
