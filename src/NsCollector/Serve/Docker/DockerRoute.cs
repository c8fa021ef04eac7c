namespace NsCollector.Serve.Docker;

/// <summary>A path of Docker's API.</summary>
/// <param name="Path">The path without the version. A segment <c>*</c> is a reference: <c>/containers/*/stats</c>.</param>
/// <param name="Endpoint">Answers its requests.</param>
/// <param name="AllowsHead">Whether HEAD is answered too. dockerd answers it only for /_ping.</param>
/// <param name="MayBlock">Whether it reads files that a hanging disk or a hostile process can block, before it begins to answer.</param>
internal sealed record DockerRoute(string Path, IDockerEndpoint Endpoint, bool AllowsHead = false, bool MayBlock = false)
{
    private readonly string[] _segments = Path.Split('/');

    /// <summary>Whether a path is of this route.</summary>
    /// <param name="path">The decoded path, without the version.</param>
    /// <param name="reference">The segment at the place of <c>*</c>; empty if the route has none.</param>
    internal bool Matches(ReadOnlySpan<char> path, out string reference)
    {
        reference = "";
        for (int i = 0; i < _segments.Length; i++)
        {
            string segment = _segments[i];
            int end = path.IndexOf('/');
            ReadOnlySpan<char> given = end < 0 ? path : path[..end];
            if (end < 0 != (i == _segments.Length - 1)) return false;
            if (segment == "*")
            {
                if (given.IsEmpty) return false;
                reference = given.ToString();
            }
            else if (!given.SequenceEqual(segment))
            {
                return false;
            }

            path = path[(end + 1)..];
        }

        return true;
    }
}
