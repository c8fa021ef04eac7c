using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NsCollector.Host;

/// <summary>What this executable was made from and what is inside.</summary>
internal static class BuildInformation
{
    private const string ModifiedSuffix = ".modified";

    // VERSION+COMMIT where the sources are a git clone, VERSION+COMMIT.modified where they are not what was committed, VERSION
    // alone where there is no clone.
    private static readonly string Informational =
        typeof(BuildInformation).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The version, without the commit.</summary>
    internal static string Version => Informational.Split('+')[0];

    /// <summary>The whole hash of the commit; null where it was not built from a clone.</summary>
    internal static string? Commit => CommitOf(Informational);

    /// <summary>Whether the sources were other than those of the commit.</summary>
    internal static bool IsModified => IsModifiedIn(Informational);

    /// <summary>The runtime inside, such as ".NET 10.0.12".</summary>
    internal static string Runtime => RuntimeInformation.FrameworkDescription;

    /// <summary>Whether this was compiled ahead of time.</summary>
    internal static bool IsNativeAot => !RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>The commit in an informational version.</summary>
    internal static string? CommitOf(string informational)
    {
        int plus = informational.IndexOf('+', StringComparison.Ordinal);
        if (plus < 0) return null;
        return IsModifiedIn(informational) ? informational[(plus + 1)..^ModifiedSuffix.Length] : informational[(plus + 1)..];
    }

    /// <summary>Whether an informational version tells of sources that were not committed.</summary>
    internal static bool IsModifiedIn(string informational) =>
        informational.Contains('+', StringComparison.Ordinal) && informational.EndsWith(ModifiedSuffix, StringComparison.Ordinal);
}
