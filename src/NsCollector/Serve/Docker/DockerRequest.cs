using NsCollector.Serve.Http;

namespace NsCollector.Serve.Docker;

/// <summary>A request to Docker's API.</summary>
/// <param name="ApiMinorVersion">The minor version that was agreed on: 41 for /v1.41. The major version is 1.</param>
/// <param name="Reference">The percent-decoded id, name or prefix in the path, except that an encoded slash stays; empty if the path has none.</param>
/// <param name="Query">The percent-decoded query parameters, first value of each key.</param>
internal sealed record DockerRequest(int ApiMinorVersion, string Reference, RequestQuery Query)
{
    /// <summary>Whether a parameter is true as dockerd reads it: present, and none of "", "0", "no", "false", "none" (moby, httputils.BoolValue).</summary>
    internal bool IsSet(string parameter) =>
        Query[parameter].Trim().ToLowerInvariant() is not ("" or "0" or "no" or "false" or "none");
}
