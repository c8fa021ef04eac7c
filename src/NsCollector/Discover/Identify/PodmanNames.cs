using NsCollector.Discover.Identify.States;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;

namespace NsCollector.Discover.Identify;

/// <summary>
/// Podman's containers: the listings of the user's storage if the cgroup path has a rootless user's uid, then those of the
/// storage roots, then those of a transient store below /run, then the Engine API. The listings have the names and images
/// of all containers of a store; only the API has labels. The OCI bundle is not read: podman (observed with 4.3.1) writes
/// no name there, not even for pods of <c>podman kube play</c>.
/// </summary>
/// <param name="options">The storage roots.</param>
/// <param name="roots">Where the host's /run is.</param>
/// <param name="files">Reads the listings.</param>
/// <param name="engine">What podman's API has reported.</param>
/// <param name="homeOf">Finds a user's home directory; null: getpwuid(3).</param>
internal sealed class PodmanNames(DiscoverOptions options, HostRoots roots, StateFiles files, EngineAnswers engine, Func<uint, string?>? homeOf) : INameResolver
{
    // One listing for each root, and for each user of rootless podman. More users' listings evict others.
    private const int MaxListings = 64;

    private readonly RootlessHomes _homes = new(homeOf);
    private readonly Dictionary<string, Listing> _listings = new(StringComparer.Ordinal);

    // containers/storage has a separate list of containers that are removed at their exit (podman run --rm). A transient
    // store keeps that list below /run.
    private readonly string[] _lists =
    [
        .. options.PodmanRoots.SelectMany(PodmanStore.Listings),
        .. PodmanStore.TransientListings(PodmanStore.RunRoot(roots)),
    ];

    private readonly Dictionary<uint, (string Home, string[] Lists)> _rootlessLists = [];

    /// <inheritdoc/>
    public KnownIdentity? Resolve(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous) =>
        engine.WithHealth(container.Id, Find(container, cgroupPath, previous));

    /// <inheritdoc/>
    public IRuntimeCensus CreateCensus(CensusContext context) => new PodmanCensus(_lists, context);

    private KnownIdentity? Find(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous)
    {
        string id = container.Id;
        if (!StatePlace.IsId(id)) return null;

        // This listing has the container's name, so only a change of it matters.
        if (previous is { Name: not null, Answer: null, Source: { } source } && source.IsCurrent()) return previous;

        KnownIdentity? listed = (RootlessHomes.UserOf(cgroupPath) is { } user ? Listed(RootlessLists(user), id) : null) ?? Listed(_lists, id);
        if (listed?.Name is null && engine.Find(id, listed?.Source, previous) is { } answer) return answer;
        return listed is not null && previous is { Answer: null, Source: { } known } && known == listed.Source ? previous : listed;
    }

    private string[] RootlessLists(uint user)
    {
        if (_homes.Home(user) is not { } home) return [];
        if (_rootlessLists.TryGetValue(user, out var known) && known.Home == home) return known.Lists;
        if (_rootlessLists.Count >= MaxListings) _rootlessLists.Clear();
        string[] lists = [.. PodmanStore.Listings(PodmanStore.RootlessRoot(home))];
        _rootlessLists[user] = (home, lists);
        return lists;
    }

    private KnownIdentity? Listed(string[] lists, string id)
    {
        foreach (string path in lists)
        {
            if (ReadListing(path)?.Containers.TryGetValue(id, out KnownIdentity? identity) == true) return identity;
        }

        return null;
    }

    private Listing? ReadListing(string path)
    {
        if (_listings.TryGetValue(path, out Listing? known) && known.Stamp.IsCurrent()) return known;
        _listings.Remove(path);
        StateFile file = files.Open(path);
        try
        {
            if (file.Outcome == StateFileOutcome.Missing) return null;
            var containers = new Dictionary<string, KnownIdentity>(StringComparer.Ordinal);
            if (file.Outcome != StateFileOutcome.Read) files.Failed(path, file.Outcome, file.Error);
            else if (!PodmanListing.TryParse(file.Bytes, file.Stamp, containers, out int malformed)) files.Malformed(path);
            else if (malformed > 0) files.Malformed(path, malformed);
            if (file.Stamp is not { } stamp) return null;
            if (_listings.Count >= MaxListings) _listings.Clear();
            return _listings[path] = new Listing(stamp, containers);
        }
        finally
        {
            file.Dispose();
        }
    }

    private sealed record Listing(StateFileStamp Stamp, Dictionary<string, KnownIdentity> Containers);
}
