using NsCollector.Discover.Recognise;
using NsCollector.Linux;

namespace NsCollector.Discover.Identify;

/// <summary>
/// Podman's containers: the listings of the user's own storage where the cgroup path says whose rootless podman made it,
/// then those of the storage roots, then those of a transient store below /run, then the engine. The listings have the
/// names and images of all containers of a store; labels are with the engine only. The OCI bundle is not asked: podman
/// (seen with 4.3.1) puts no name there, for pods of <c>podman kube play</c> neither.
/// </summary>
/// <param name="options">The storage roots.</param>
/// <param name="roots">Where the host's /run is.</param>
/// <param name="files">Reads.</param>
/// <param name="engine">Podman's own interface.</param>
/// <param name="homeOf">Looks a user's home up; null: getpwuid(3).</param>
internal sealed class PodmanNames(DiscoverOptions options, HostRoots roots, StateFiles files, EngineAnswers engine, Func<uint, string?>? homeOf) : INameResolver
{
    // Of one listing per root, and per user with rootless podman; further users' listings push others out.
    private const int MaxListings = 64;

    private readonly RootlessHomes _homes = new(homeOf);
    private readonly Dictionary<string, Listing> _listings = new(StringComparer.Ordinal);

    // containers/storage keeps what is removed when it ends (podman run --rm) in a list of its own; a store configured as
    // transient keeps that one below /run.
    private readonly string[] _lists =
    [
        .. options.PodmanRoots.SelectMany(PodmanStore.Listings),
        .. PodmanStore.TransientListings(roots.Run + "/containers/storage"),
    ];

    private readonly Dictionary<uint, (string Home, string[] Lists)> _rootlessLists = [];

    /// <inheritdoc/>
    public KnownIdentity? Resolve(in RecognisedContainer container, string cgroupPath, KnownIdentity? previous)
    {
        string id = container.Id;
        if (!StatePlace.IsId(id)) return null;

        // A listing names this container: only that listing can say otherwise.
        if (previous is { Name: not null, Answer: null, Source: { } source } && source.IsCurrent()) return previous;

        KnownIdentity? listed = (RootlessHomes.UserOf(cgroupPath) is { } user ? Listed(RootlessLists(user), id) : null) ?? Listed(_lists, id);
        if (listed?.Name is null && engine.Ask(id, listed?.Source, previous) is { } answer) return answer;
        return listed is not null && previous is { Answer: null, Source: { } known } && known == listed.Source ? previous : listed;
    }

    private string[] RootlessLists(uint user)
    {
        if (_homes.Home(user) is not { } home) return [];
        if (_rootlessLists.TryGetValue(user, out var known) && known.Home == home) return known.Lists;
        if (_rootlessLists.Count >= MaxListings) _rootlessLists.Clear();
        string[] lists = [.. PodmanStore.Listings(home + "/.local/share/containers/storage")];
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
            else if (!PodmanListing.TryParse(file.Bytes, file.Stamp, containers, out int misunderstood)) files.Malformed(path);
            else if (misunderstood > 0) files.Malformed(path, misunderstood);
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
