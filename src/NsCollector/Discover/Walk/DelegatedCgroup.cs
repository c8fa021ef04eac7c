namespace NsCollector.Discover.Walk;

/// <summary>
/// The cgroups above a container whose owners are not the host's administrator, and may create cgroups of any name: the
/// containers of runtimes, and the managers of users (user@UID.service has Delegate=yes).
/// </summary>
/// <remarks>
/// Services and the cgroups of <c>discovery.cgroup_paths</c> do not count: the administrator may name a cgroup in which a
/// runtime of the host creates containers.
/// </remarks>
internal static class DelegatedCgroup
{
    /// <summary>Finds the nearest and the outermost of those cgroups above a container.</summary>
    /// <param name="node">A container's directory.</param>
    /// <param name="outermost">The outermost one, which is responsible for what is below it; null if there is none.</param>
    /// <returns>The nearest one; null if there is none, so that the host itself has created the container.</returns>
    internal static CgroupNode? NearestAbove(CgroupNode node, out CgroupNode? outermost)
    {
        CgroupNode? nearest = null;
        outermost = null;
        for (CgroupNode? above = node.Parent; above is not null; above = above.Parent)
        {
            if (!IsContainer(above) && !IsUserManager(above)) continue;
            nearest ??= above;
            outermost = above;
        }

        return nearest;
    }

    /// <summary>Whether a cgroup is a container that a runtime has created.</summary>
    internal static bool IsContainer(CgroupNode node) => node.Recognised is { IsOfRuntime: true };

    private static bool IsUserManager(CgroupNode node)
    {
        ReadOnlySpan<byte> name = node.NameWithNul;
        return name.StartsWith("user@"u8) && name.EndsWith(".service\0"u8);
    }
}
