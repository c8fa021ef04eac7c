using NsCollector.Discover.Recognise;
using NsCollector.Linux;

namespace NsCollector.Discover.Identify;

/// <summary>
/// CRI-O's containers: the OCI bundle in DRIVER-containers/ID/userdata of each run root in turn (containers/storage keeps
/// it there for its user), the driver overlay first.
/// </summary>
internal sealed class CrioNames(DiscoverOptions options, HostRoots roots, StateFiles files) : INameResolver
{
    private readonly StatePlace[] _bundles =
        [.. RunRoots(options, roots).SelectMany(PodmanStore.Directories).Select(containers => new StatePlace(containers + "/", "/userdata/config.json"))];

    /// <summary>The run roots of containers/storage that are searched for CRI-O's containers.</summary>
    internal static IEnumerable<string> RunRoots(DiscoverOptions options, HostRoots roots) =>
        options.CrioRunRoots.IsDefaultOrEmpty ? [roots.Run + "/containers/storage"] : options.CrioRunRoots;

    /// <inheritdoc/>
    public KnownIdentity? Resolve(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous)
    {
        string id = container.Id;
        if (!StatePlace.IsId(id)) return null;
        if (previous?.Source is { } source && source.IsCurrent()) return previous;
        KnownIdentity? nameless = null;
        foreach (StatePlace bundle in _bundles)
        {
            if (!bundle.MayExist(id)) continue;
            KnownIdentity? found = files.Read(bundle.PathOf(id), IdentityKeys.Crio, OciBundle.TryParse, previous);
            if (found?.Name is not null) return found;
            nameless ??= found;
        }

        return nameless;
    }
}
