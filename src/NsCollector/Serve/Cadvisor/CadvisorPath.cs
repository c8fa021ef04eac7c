namespace NsCollector.Serve.Cadvisor;

/// <summary>The parts of a path of cAdvisor's API: <c>/api/VERSION/TYPE/ARGUMENTS</c>. All are hostile.</summary>
/// <param name="Version">The version; empty if it is missing.</param>
/// <param name="Type">The type of the request; empty if it is missing.</param>
/// <param name="Arguments">What follows, percent-decoded, without the slashes at its beginning.</param>
internal readonly record struct CadvisorPath(string Version, string Type, string Arguments)
{
    /// <summary>The path of all requests.</summary>
    internal const string Above = "/api/";

    /// <summary>Whether the version is one of v1.</summary>
    internal bool IsV1 => Version.StartsWith("v1.", StringComparison.Ordinal);

    /// <summary>Parses a path that begins with <see cref="Above"/>.</summary>
    internal static CadvisorPath Parse(string path)
    {
        string[] parts = path[Above.Length..].Split('/', 3);

        // Kestrel decodes all but the slash; Go's servers decode the slash too, and clients may quote whole paths of cgroups.
        string arguments = (parts.ElementAtOrDefault(2) ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase).TrimStart('/');
        return new CadvisorPath(parts[0], parts.ElementAtOrDefault(1) ?? "", arguments);
    }

    /// <summary>The arguments as the path of a container, as Go's path.Join makes it: without empty parts, "." and "..".</summary>
    internal string ContainerName
    {
        get
        {
            var parts = new List<string>();
            foreach (string part in Arguments.Split('/'))
            {
                if (part is "" or ".") continue;
                if (part != "..") parts.Add(part);
                else if (parts.Count > 0) parts.RemoveAt(parts.Count - 1);
            }

            return "/" + string.Join('/', parts);
        }
    }
}
