using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NsCollector.Host;

/// <summary>What this executable was made from and what is inside.</summary>
internal static class BuildInformation
{
    // The SDK writes VERSION+COMMIT where the sources are a git clone, VERSION alone where they are not.
    private static readonly string Informational =
        typeof(BuildInformation).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The version, without the commit.</summary>
    internal static string Version => Informational.Split('+')[0];

    /// <summary>The whole hash of the commit; null where it was not built from a clone.</summary>
    internal static string? Commit => Informational.IndexOf('+', StringComparison.Ordinal) is var plus and >= 0 ? Informational[(plus + 1)..] : null;

    /// <summary>The runtime inside, such as ".NET 10.0.12".</summary>
    internal static string Runtime => RuntimeInformation.FrameworkDescription;

    /// <summary>Whether this was compiled ahead of time.</summary>
    internal static bool IsNativeAot => !RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>What must be known about the support of the runtime inside; null where there is nothing to say.</summary>
    internal static string? SupportNotice(Version runtime) => runtime.Major == 9
        ? ".NET 9 left support on 2026-11-10. It is inside because the package registry of the build served no native-AOT runtime " +
          "pack for .NET 10 (Microsoft.NETCore.App.Runtime.NativeAOT); the same sources build for .NET 10 wherever it is served."
        : null;
}
