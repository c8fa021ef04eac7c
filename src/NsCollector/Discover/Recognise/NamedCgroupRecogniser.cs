using System.Collections.Immutable;

namespace NsCollector.Discover.Recognise;

/// <summary>The cgroups that the configuration names by globs (<c>discovery.cgroup_paths</c>).</summary>
/// <remarks>
/// A star also matches slashes, so <c>/build/*</c> matches everything below <c>/build/a</c>. Of the matching cgroups on a
/// path, only the topmost is a container: the others are inside it.
/// </remarks>
/// <param name="globs">Globs of whole paths below the hierarchy's root.</param>
internal sealed class NamedCgroupRecogniser(ImmutableArray<string> globs) : IContainerRecogniser
{
    private readonly Glob[] _globs = globs.IsDefault ? [] : [.. globs.Select(glob => new Glob(glob))];

    /// <inheritdoc/>
    public bool TryRecognise(string path, out RecognisedContainer container)
    {
        container = default;
        if (path.Length < 2 || path[0] != '/' || path[^1] == '/') return false;
        foreach (Glob glob in _globs)
        {
            if (!IsTopmost(glob, path)) continue;
            container = new(ContainerRuntime.Cgroup, path, CgroupPath.NameOf(path).ToString(), null);
            return true;
        }

        return false;
    }

    private static bool IsTopmost(Glob glob, ReadOnlySpan<char> path)
    {
        if (!glob.Matches(path)) return false;
        for (int end = 1; end < path.Length; end++)
        {
            if (path[end] == '/' && glob.Matches(path[..end])) return false;
        }

        return true;
    }
}
