using NsCollector.Linux.Interop;

namespace NsCollector.Discover.Identify;

/// <summary>The names of the directories in a directory, read again only if it has changed. Used by one thread.</summary>
/// <param name="path">The directory, which may be a link to one.</param>
/// <param name="max">The most names that are kept.</param>
internal sealed class SubdirectoryNames(string path, int max)
{
    // A change within one tick of the kernel's clock does not change the directory's time.
    private const long SettledNs = 1_000_000_000;

    // With "/." statx(2) returns the time of the directory, and not of a link.
    private readonly string _itself = path + "/.";
    private StateFileStamp? _stamp;
    private bool _isSettled;

    /// <summary>Sorted; empty before the first <see cref="Refresh"/> and if there is no such directory.</summary>
    internal string[] Names { get; private set; } = [];

    /// <summary>Whether the directory existed and could be examined at the last call.</summary>
    internal bool Exists => _stamp is { Inode: > 0 };

    /// <summary>Whether another path referred to the same directory, for example by a link, when both were last examined.</summary>
    internal bool IsSameAs(SubdirectoryNames other) => _stamp is { Inode: > 0 } stamp && other._stamp is { } its && stamp.IsSameVersion(its);

    /// <summary>-errno if the directory exists but could not be read the last time; else 0.</summary>
    internal int Error { get; private set; }

    /// <summary>How many names were left out, as of the last time that it was read.</summary>
    internal int LeftOut { get; private set; }

    /// <summary>Reads the directory if it has changed. Otherwise it costs one statx(2) and allocates nothing.</summary>
    /// <returns>Whether it was read.</returns>
    internal bool Refresh()
    {
        if (_isSettled && _stamp is { } known && known.IsCurrent()) return false;
        Error = 0;
        LeftOut = 0;
        int result = StateFileStamp.Statx(_itself, out FileStatus status);
        if (result < 0)
        {
            bool isThere = result is not (-Errno.ENOENT or -Errno.ENOTDIR);
            bool isKnown = _stamp is { Inode: 0 } refused && refused.ModifiedNs == result;
            _stamp = isThere ? StateFileStamp.Refused(_itself, result) : null;
            _isSettled = isThere;
            bool hadNames = Names.Length > 0;
            Names = [];
            if (isThere) Error = result;
            return hadNames || (isThere && !isKnown);
        }

        StateFileStamp stamp = StateFileStamp.Of(_itself, status);
        long nowNs = Libc.ClockGettime(Libc.CLOCK_REALTIME);
        _isSettled = nowNs - stamp.ModifiedNs is > SettledNs or < -SettledNs;
        _stamp = stamp;
        try
        {
            string[] names = [.. Directory.EnumerateDirectories(path).Take((2 * max) + 1).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];
            LeftOut = Math.Max(0, names.Length - max);
            Names = LeftOut > 0 ? names[..max] : names;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            Names = [];
            Error = e is UnauthorizedAccessException ? -Errno.EACCES : -Errno.EIO;
        }

        return true;
    }
}
