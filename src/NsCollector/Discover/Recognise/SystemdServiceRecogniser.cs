namespace NsCollector.Discover.Recognise;

/// <summary>The services of the host's systemd and of its users' (only with <c>discovery.systemd_services = on</c>).</summary>
/// <remarks>
/// Only slices may be above a service, and one <c>user@UID.service</c> above a user's. So the services of a container's own
/// systemd, and cgroups that a service creates, do not count. <c>user@UID.service</c> itself is the sum of a user's services
/// and is left out.
/// </remarks>
/// <param name="root">The cgroup below which systemd has its slices; empty for the root of the tree.</param>
internal sealed class SystemdServiceRecogniser(string root) : IContainerRecogniser
{
    /// <inheritdoc/>
    public bool TryRecognise(string path, out RecognisedContainer container)
    {
        container = default;
        bool isBelowRoot = root.Length > 0 && path.StartsWith(root, StringComparison.Ordinal) && path.Length > root.Length && path[root.Length] == '/';
        CgroupPath cgroup = new(isBelowRoot ? path.AsSpan(root.Length) : path);
        ReadOnlySpan<char> last = cgroup.Last;
        if (!IsUnit(last, ".service") || IsUserManager(last)) return false;
        bool isOfUser = false;
        ReadOnlySpan<char> above = cgroup.Above;
        while (!above.IsEmpty)
        {
            ReadOnlySpan<char> element = CgroupPath.CutLast(above, out above);
            if (!isOfUser && IsUserManager(element))
            {
                isOfUser = true;
                // The user's manager is only in logind's slice of that user.
                if (!above.StartsWith("/user.slice/user-", StringComparison.Ordinal)) return false;
                continue;
            }

            if (!IsUnit(element, ".slice")) return false;
        }

        container = new(ContainerRuntime.Systemd, path, last.ToString(), null);
        return true;
    }

    private static bool IsUnit(ReadOnlySpan<char> element, string suffix) =>
        element.Length > suffix.Length && element.EndsWith(suffix, StringComparison.Ordinal);

    private static bool IsUserManager(ReadOnlySpan<char> element) =>
        element.Length > "user@.service".Length
        && element.StartsWith("user@", StringComparison.Ordinal)
        && element.EndsWith(".service", StringComparison.Ordinal)
        && element["user@".Length..^".service".Length].IndexOfAnyExceptInRange('0', '9') < 0;
}
