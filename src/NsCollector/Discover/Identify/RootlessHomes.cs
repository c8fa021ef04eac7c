using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify;

/// <summary>The home directories of the users of rootless Docker and podman, by the uid in the cgroup path. Used by one thread.</summary>
/// <param name="homeOf">Finds the home of a uid; null: getpwuid(3), which uses the sources of nsswitch.conf.</param>
internal sealed class RootlessHomes(Func<uint, string?>? homeOf = null)
{
    private const int MaxUsers = 256;

    // The user database may be a directory server: both answers are cached.
    private const long KeptMilliseconds = 5 * 60 * 1000;

    private readonly Func<uint, string?> _homeOf = homeOf ?? Posix.HomeOf;
    private readonly Dictionary<uint, (string? Home, long AtMilliseconds)> _known = [];

    /// <summary>The uid of <c>…/user-UID.slice/…</c>; null if the path has no such component.</summary>
    internal static uint? UserOf(ReadOnlySpan<char> cgroupPath)
    {
        foreach (Range part in cgroupPath.Split('/'))
        {
            ReadOnlySpan<char> name = cgroupPath[part];
            if (!name.StartsWith("user-", StringComparison.Ordinal) || !name.EndsWith(".slice", StringComparison.Ordinal) || name.Length < 12) continue;
            ReadOnlySpan<char> digits = name[5..^6];
            if (!digits.ContainsAnyExceptInRange('0', '9') && uint.TryParse(digits, out uint user)) return user;
        }

        return null;
    }

    /// <summary>A user's home directory without a trailing slash; null if it is not known.</summary>
    internal string? Home(uint user)
    {
        long now = Environment.TickCount64;
        if (_known.TryGetValue(user, out var known) && now - known.AtMilliseconds < KeptMilliseconds) return known.Home;
        if (_known.Count >= MaxUsers) _known.Clear();
        string? home = _homeOf(user)?.TrimEnd('/');
        if (home is not ['/', ..]) home = null;
        _known[user] = (home, now);
        return home;
    }
}
