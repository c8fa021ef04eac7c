using System.Collections.Immutable;
using NsCollector.Discover.Identify.States;
using NsCollector.Discover.Recognise;
using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify;

/// <summary>
/// Instances of LXD and Incus in a project other than the default one: LXC and the cgroup path have the name
/// PROJECT_INSTANCE. If ROOT/containers has that name, the part after the last underscore is the instance, because an
/// instance's name is a host name without underscores. The project becomes the label <c>project</c>.
/// </summary>
internal sealed class LxdNames(ImmutableArray<string> lxcRoots, ImmutableArray<string> lxdRoots, StateFiles files) : INameResolver
{
    private readonly StatePlace[] _instances = [.. lxdRoots.Select(root => new StatePlace(root + "/containers/", ""))];

    /// <inheritdoc/>
    public IRuntimeCensus CreateCensus(CensusContext context) => new LxcCensus(lxcRoots, lxdRoots, context);

    /// <inheritdoc/>
    public KnownIdentity? Resolve(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous)
    {
        // The name cannot change while the cgroup exists.
        if (previous is { Source: { } source } && (previous.Name is not null || source.IsCurrent())) return previous;
        if (container.Name is not { } name) return null;
        int underscore = name.LastIndexOf('_');
        if (underscore <= 0 || underscore == name.Length - 1 || !StatePlace.IsElement(name) || !cgroupPath.EndsWith(name, StringComparison.Ordinal)) return null;
        foreach (StatePlace instance in _instances)
        {
            int result = instance.Look(name);
            if (result is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ENAMETOOLONG) continue;
            string path = instance.PathOf(name);
            if (result < 0)
            {
                files.Failed(path, StateFileOutcome.Unreadable, result);
                return new KnownIdentity(null, null, StateFileStamp.Refused(path, result));
            }

            if (StateFileStamp.Statx(path, out FileStatus status) < 0) continue;
            return new KnownIdentity(name[(underscore + 1)..], null, StateFileStamp.Of(path, status)) { Labels = [new("project", name[..underscore])] };
        }

        return null;
    }
}
