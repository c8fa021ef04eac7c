using System.Text;
using Microsoft.Extensions.Logging;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Discover.Identify;

/// <summary>
/// The names of containers, from the files in which Docker and podman keep their state; no daemon is asked. Belongs to
/// the discovery thread: it reads disks, which may be slow, and no sampling may wait for it. Never throws.
/// </summary>
/// <remarks>
/// Rootless Docker keeps its files in a home (~/.local/share/docker): that has to be named in discovery.docker_roots.
/// Rootless podman's are found by the uid in the cgroup path. A file that cannot be understood gives no names and counts
/// once as <see cref="AgentCounter.IdentityErrors"/>, however many containers ask for it, until it is another version. A
/// file that went away takes no name away: an id is never given twice.
/// </remarks>
/// <param name="options">Where the runtimes keep their files, and how large one may be.</param>
/// <param name="roots">Where the host's /run is.</param>
/// <param name="counters">Counts files that could not be understood.</param>
/// <param name="logger">Is told of them.</param>
/// <param name="homeOf">Looks a user's home up; null: getpwuid(3).</param>
internal sealed class ContainerNames(
    DiscoverOptions options, HostRoots roots, AgentCounters counters, ILogger logger, Func<uint, string?>? homeOf = null)
{
    // Of one listing per root, and per user with rootless podman; further users' listings push others out.
    private const int MaxListings = 64;
    private const int MaxIdLength = 128;

    private readonly RateLimitedLog _log = new(logger);
    private readonly RootlessHomes _homes = new(homeOf);
    private readonly Dictionary<string, Listing> _listings = new(StringComparer.Ordinal);

    // containers/storage keeps what is removed when it ends (podman run --rm) in a list of its own; a store configured as
    // transient keeps that one below /run.
    private readonly string[] _podmanLists =
    [
        .. options.PodmanRoots.SelectMany(PodmanStore.Listings),
        .. PodmanStore.TransientListings(roots.Run + "/containers/storage"),
    ];

    private readonly Dictionary<uint, (string Home, string[] Lists)> _rootlessLists = [];

    private readonly (string Path, byte[] Bytes)[] _dockerContainers =
        [.. options.DockerRoots.Select(root => (root + "/containers/", Encoding.UTF8.GetBytes(root + "/containers/")))];

    private delegate bool Parser(ReadOnlySpan<byte> json, out string? name, out string? image);

    /// <summary>What the runtime's files say of a container.</summary>
    /// <param name="runtime">What made it; all but Docker and podman have no such files.</param>
    /// <param name="id">Its whole id; anything but hexadecimal digits is not looked for.</param>
    /// <param name="cgroupPath">Its cgroup path, which tells whose rootless podman made it.</param>
    /// <param name="previous">The last answer for this container: returned itself, after one or a few statx(2), where its file did not change.</param>
    internal KnownIdentity Resolve(ContainerRuntime runtime, string id, string cgroupPath, KnownIdentity? previous)
    {
        if (id.Length is 0 or > MaxIdLength || !IsHexadecimal(id)) return previous ?? KnownIdentity.Nothing;
        return runtime switch
        {
            ContainerRuntime.Docker => Docker(id, previous),
            ContainerRuntime.Podman => Podman(id, cgroupPath, previous),
            _ => previous ?? KnownIdentity.Nothing,
        };
    }

    /// <summary>Whether Docker keeps a container of this id. Allocates nothing.</summary>
    internal bool IsDockers(string id)
    {
        if (id.Length is 0 or > MaxIdLength || !IsHexadecimal(id)) return false;
        foreach ((_, byte[] containers) in _dockerContainers)
        {
            if (MayBeThere(containers, id)) return true;
        }

        return false;
    }

    /// <summary>False only where there is certainly no CONTAINERS/ID/config.v2.json: a container in a container has none here, ever.</summary>
    private static bool MayBeThere(byte[] containers, string id)
    {
        ReadOnlySpan<byte> file = "/config.v2.json\0"u8;
        Span<byte> path = stackalloc byte[4096];
        if (containers.Length + id.Length + file.Length > path.Length) return false;
        containers.CopyTo(path);
        int length = containers.Length + Encoding.ASCII.GetBytes(id, path[containers.Length..]);
        file.CopyTo(path[length..]);
        int result = Libc.Statx(Libc.AT_FDCWD, path[..(length + file.Length)], out _);
        return result is not (-Errno.ENOENT or -Errno.ENOTDIR);
    }

    private static bool IsHexadecimal(string id)
    {
        foreach (char c in id)
        {
            if (!char.IsAsciiHexDigit(c)) return false;
        }

        return true;
    }

    private KnownIdentity Docker(string id, KnownIdentity? previous)
    {
        if (previous?.Source is { } source && source.IsCurrent()) return previous;
        foreach ((string path, byte[] bytes) in _dockerContainers)
        {
            if (!MayBeThere(bytes, id)) continue;
            if (ReadOne($"{path}{id}/config.v2.json", DockerConfig.TryParse) is { } identity) return identity;
        }

        return previous ?? KnownIdentity.Nothing;
    }

    private KnownIdentity Podman(string id, string cgroupPath, KnownIdentity? previous)
    {
        // A listing names this container: only that listing can say otherwise.
        if (previous is { Name: not null, Source: { } source } && source.IsCurrent()) return previous;

        uint? user = RootlessHomes.UserOf(cgroupPath);
        KnownIdentity? listed = (user is { } uid ? Listed(RootlessLists(uid), id) : null) ?? Listed(_podmanLists, id);
        if (listed is not null) return previous?.Source is { } known && known == listed.Source ? previous : listed;

        if (previous is { Source: { } bundle } && bundle.IsCurrent()) return previous;
        string path = user is { } owner
            ? $"{roots.Run}/user/{owner}/containers/overlay-containers/{id}/userdata/config.json"
            : $"{roots.Run}/containers/storage/overlay-containers/{id}/userdata/config.json";
        return ReadOne(path, PodmanBundle.TryParse) ?? previous ?? KnownIdentity.Nothing;
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
        StateFile file = StateFile.Read(path, options.MaxStateFileBytes);
        try
        {
            if (file.Outcome == StateFileOutcome.Missing) return null;
            var containers = new Dictionary<string, KnownIdentity>(StringComparer.Ordinal);
            if (file.Outcome != StateFileOutcome.Read) Failed(path, file.Outcome, file.Error);
            else if (!PodmanListing.TryParse(file.Bytes, file.Stamp, containers, out int misunderstood)) Malformed(path);
            else if (misunderstood > 0) Malformed(path, misunderstood);
            if (file.Stamp is not { } stamp) return null;
            if (_listings.Count >= MaxListings) _listings.Clear();
            return _listings[path] = new Listing(stamp, containers);
        }
        finally
        {
            file.Dispose();
        }
    }

    /// <returns>Null where there is no such file.</returns>
    private KnownIdentity? ReadOne(string path, Parser parse)
    {
        StateFile file = StateFile.Read(path, options.MaxStateFileBytes);
        try
        {
            if (file.Outcome == StateFileOutcome.Missing) return null;
            if (file.Outcome == StateFileOutcome.Read)
            {
                if (parse(file.Bytes, out string? name, out string? image)) return new KnownIdentity(name, image, file.Stamp);
                Malformed(path);
            }
            else
            {
                Failed(path, file.Outcome, file.Error);
            }

            return file.Stamp is null ? null : new KnownIdentity(null, null, file.Stamp);
        }
        finally
        {
            file.Dispose();
        }
    }

    private void Malformed(string path, int count = 1)
    {
        counters.Add(AgentCounter.IdentityErrors, count);
        _log.Warning("identity malformed", $"{path} is not what its runtime writes (damaged, or of a version unknown here): its containers go by their ids");
    }

    private void Failed(string path, StateFileOutcome outcome, int error)
    {
        counters.Add(AgentCounter.IdentityErrors);
        switch (outcome)
        {
            case StateFileOutcome.TooLarge:
                _log.Warning("identity too large", $"{path} is larger than discovery.max_state_file ({options.MaxStateFileBytes}): its containers go by their ids");
                break;
            case StateFileOutcome.NotRegular:
                _log.Warning("identity not a file", $"{path} is not a regular file and was not opened: its containers go by their ids");
                break;
            default:
                _log.Warning("identity unreadable", $"{path} cannot be read (errno {-error}): its containers go by their ids; reading other users' files takes CAP_DAC_READ_SEARCH");
                break;
        }
    }

    private sealed record Listing(StateFileStamp Stamp, Dictionary<string, KnownIdentity> Containers);
}
