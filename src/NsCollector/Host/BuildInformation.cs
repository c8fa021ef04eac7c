using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NsCollector.Host;

/// <summary>Version, commit and runtime of this executable.</summary>
internal static class BuildInformation
{
    private const string ModifiedSuffix = ".modified";

    // VERSION+COMMIT, or VERSION+COMMIT.modified if the sources differ from the commit, or VERSION if they are not a git clone.
    private static readonly string Informational =
        typeof(BuildInformation).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The version, without the commit.</summary>
    internal static string Version => Informational.Split('+')[0];

    /// <summary>The full hash of the commit; null if it was not built from a git clone.</summary>
    internal static string? Commit => CommitOf(Informational);

    /// <summary>Whether the sources differed from the commit.</summary>
    internal static bool IsModified => IsModifiedIn(Informational);

    /// <summary>The .NET runtime, such as ".NET 10.0.12".</summary>
    internal static string Runtime => RuntimeInformation.FrameworkDescription;

    /// <summary>Whether this was compiled ahead of time.</summary>
    internal static bool IsNativeAot => !RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>The commit of an informational version.</summary>
    internal static string? CommitOf(string informational)
    {
        int plus = informational.IndexOf('+', StringComparison.Ordinal);
        if (plus < 0) return null;
        return IsModifiedIn(informational) ? informational[(plus + 1)..^ModifiedSuffix.Length] : informational[(plus + 1)..];
    }

    /// <summary>Whether an informational version is that of modified sources.</summary>
    internal static bool IsModifiedIn(string informational) =>
        informational.Contains('+', StringComparison.Ordinal) && informational.EndsWith(ModifiedSuffix, StringComparison.Ordinal);
}
