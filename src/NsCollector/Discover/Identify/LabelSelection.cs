using System.Collections.Immutable;

namespace NsCollector.Discover.Identify;

/// <summary>Which labels become tags, by the globs of <c>identity.labels</c>.</summary>
/// <param name="globs">Globs of whole keys.</param>
internal sealed class LabelSelection(ImmutableArray<string> globs)
{
    private readonly Glob[] _globs = globs.IsDefault ? [] : [.. globs.Select(glob => new Glob(glob))];

    /// <summary>Whether there is no glob, so that labels need not be read.</summary>
    internal bool IsEmpty => _globs.Length == 0;

    /// <summary>Whether a glob matches the key.</summary>
    internal bool Selects(string key)
    {
        foreach (Glob glob in _globs)
        {
            if (glob.Matches(key)) return true;
        }

        return false;
    }
}
