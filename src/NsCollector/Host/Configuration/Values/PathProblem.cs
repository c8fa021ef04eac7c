using System.Text;

namespace NsCollector.Host.Configuration.Values;

/// <summary>What is wrong with the text of a path; null if nothing is. The file system is not asked.</summary>
internal static class PathProblem
{
    /// <summary>A path that must be absolute.</summary>
    internal static string? OfAbsolute(string path) => path.StartsWith('/') ? null : "this does not begin with /";

    /// <summary>A path that must not name a directory.</summary>
    internal static string? OfFile(string path) =>
        path.EndsWith('/') || path is "." or ".." || path.EndsWith("/.", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal)
            ? "this is a directory"
            : null;

    /// <summary>The absolute path of a unix socket. unix(7): sun_path has 108 bytes, the last of them NUL.</summary>
    internal static string? OfSocket(string path) =>
        OfAbsolute(path) ?? (Encoding.UTF8.GetByteCount(path) > 107 ? "the path of a socket has at most 107 bytes" : null);

    /// <summary>An absolute path, or the plain name of a file in $CREDENTIALS_DIRECTORY.</summary>
    internal static string? OfCredential(string path) =>
        path.StartsWith('/') ? path.EndsWith('/') ? "this is a directory" : null
        : path.Contains('/', StringComparison.Ordinal) || path is "." or ".." ? "this is neither an absolute path nor a plain name"
        : null;
}
