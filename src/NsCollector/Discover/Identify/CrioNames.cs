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
        options.CrioRunRoots.IsDefaultOrEmpty ? [PodmanStore.RunRoot(roots)] : options.CrioRunRoots;

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
            if (found?.Name is not null) return WithPodLabels(found, bundle, id);
            nameless ??= found;
        }

        return nameless;
    }

    /// <summary>Adds the pod's labels for the tag <c>owner</c>: CRI-O keeps them with the sandbox only.</summary>
    private KnownIdentity WithPodLabels(KnownIdentity found, StatePlace bundle, string id)
    {
        if (!files.Selection.NeedsOwner || found is not { Pod: not null, SandboxId: { } sandbox } || sandbox == id || !StatePlace.IsId(sandbox) || !bundle.MayExist(sandbox)) return found;
        KnownIdentity? pod = files.Read(bundle.PathOf(sandbox), IdentityKeys.Crio, OciBundle.TryParse, null);
        return pod?.Pod == found.Pod && pod?.Namespace == found.Namespace ? found with { PodLabels = pod!.Labels } : found;
    }
}
