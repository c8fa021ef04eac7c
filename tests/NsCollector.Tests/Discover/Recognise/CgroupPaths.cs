namespace NsCollector.Tests.Discover.Recognise;

/// <summary>Placeholders for ids in tables of paths, to make them readable.</summary>
internal static class CgroupPaths
{
    internal const string Id = "3f4e0123456789abcdef0123456789abcdef0123456789abcdef0123456789c1";
    internal const string OtherId = "a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3e4f5a0b1";
    internal const string PodUid = "1c2d3e4f-0a1b-2c3d-4e5f-60718293a4b5";
    internal const string StaticPodUid = "9a1b2c3d4e5f60718293a4b5c6d7e8f9";

    /// <summary>Replaces ID and OTHER by ids, and UID (dashes), U_I_D (underscores) and STATIC by uids of pods.</summary>
    internal static string Expand(string path) => path
        .Replace("OTHER", OtherId, StringComparison.Ordinal)
        .Replace("U_I_D", PodUid.Replace('-', '_'), StringComparison.Ordinal)
        .Replace("STATIC", StaticPodUid, StringComparison.Ordinal)
        .Replace("UID", PodUid, StringComparison.Ordinal)
        .Replace("ID", Id, StringComparison.Ordinal);
}
