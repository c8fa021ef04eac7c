namespace NsCollector.Serve.Cadvisor;

/// <summary>The versions of cAdvisor's API and what each can answer (cmd/internal/api/versions.go).</summary>
internal static class CadvisorVersions
{
    private static readonly string[] V2 = ["version", "attributes", "events", "machine", "summary", "stats", "spec", "storage"];

    private static readonly Dictionary<string, string[]> Types = new(StringComparer.Ordinal)
    {
        ["v1.0"] = ["containers", "machine"],
        ["v1.1"] = ["containers", "machine", "subcontainers"],
        ["v1.2"] = ["containers", "machine", "subcontainers", "docker"],
        ["v1.3"] = ["containers", "machine", "subcontainers", "docker", "events"],
        ["v2.0"] = V2,
        ["v2.1"] = [.. V2, "machinestats"],
    };

    /// <summary>Refuses a version or a type that does not exist, and answers with the list if one is missing.</summary>
    internal static void Check(CadvisorPath path)
    {
        if (path.Version.Length == 0) throw new CadvisorException("Supported API versions: " + string.Join(',', Types.Keys), 400);
        if (!Types.TryGetValue(path.Version, out string[]? types)) throw new CadvisorException("unsupported API version " + GoText.Quote(path.Version));
        if (path.Type.Length == 0) throw new CadvisorException("Supported request types: " + GoText.Quote(string.Join(',', types.Order(StringComparer.Ordinal))), 400);
        if (!types.Contains(path.Type)) throw new CadvisorException("unknown request type " + GoText.Quote(path.Type));
    }

    /// <summary>Whether clients may POST to a path: the paths of v1 with samples of containers.</summary>
    internal static bool HasBody(CadvisorPath path) =>
        path.IsV1 && path.Type is "containers" or "subcontainers" or "docker"
        && Types.TryGetValue(path.Version, out string[]? types) && types.Contains(path.Type);
}
