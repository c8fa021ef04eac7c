using System.Globalization;

namespace NsCollector.Serve.Docker;

/// <summary>The versions of Docker's API, 1.MINOR, and the version in the path of a request.</summary>
internal static class ApiVersion
{
    /// <summary>The oldest minor version that is answered: that of Docker 1.12.</summary>
    internal const int MinMinor = 24;

    /// <summary>The newest: that of Docker 29.7.</summary>
    internal const int MaxMinor = 56;

    /// <summary>The newest version, as headers and answers name it.</summary>
    internal static string Max { get; } = Text(MaxMinor);

    /// <summary>The oldest version.</summary>
    internal static string Min { get; } = Text(MinMinor);

    /// <summary>The text of a version.</summary>
    internal static string Text(int minor) => "1." + minor.ToString(CultureInfo.InvariantCulture);

    /// <summary>Splits the version from the path of a request, as moby's router does (<c>/v{version:[0-9.]+}</c>).</summary>
    /// <param name="path">The path.</param>
    /// <param name="version">The version, which may be malformed; null if the path has none.</param>
    /// <returns>The rest of the path.</returns>
    internal static string Split(string path, out string? version)
    {
        version = null;
        if (!path.StartsWith("/v", StringComparison.Ordinal)) return path;
        int end = path.IndexOf('/', 2);
        if (end < 3 || path.AsSpan(2, end - 2).ContainsAnyExcept("0123456789.")) return path;
        version = path[2..end];
        return path[end..];
    }

    /// <summary>Agrees on the version of a request.</summary>
    /// <param name="version">The version in the path; null for the newest.</param>
    /// <param name="minor">The minor version.</param>
    /// <returns>Null, or the reason of a refusal, in dockerd's words (moby, middleware/version.go).</returns>
    internal static string? Agree(string? version, out int minor)
    {
        minor = MaxMinor;
        if (version is null) return null;
        int comparison = Compare(version, out minor);
        if (comparison < 0)
            return $"client version {version} is too old. Minimum supported API version is {Min}, please upgrade your client to a newer version";
        return comparison > 0 ? $"client version {version} is too new. Maximum supported API version is {Max}" : null;
    }

    // moby compares number by number; a missing or malformed one is 0.
    private static int Compare(string version, out int minor)
    {
        string[] numbers = version.Split('.');
        minor = numbers.Length > 1 ? Number(numbers[1]) : 0;
        int major = Number(numbers[0]);
        if (major != 1) return major.CompareTo(1);
        if (minor < MinMinor) return -1;
        return minor > MaxMinor || (minor == MaxMinor && numbers.Skip(2).Any(number => Number(number) > 0)) ? 1 : 0;
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : text.Length > 9 ? int.MaxValue : 0;
}
