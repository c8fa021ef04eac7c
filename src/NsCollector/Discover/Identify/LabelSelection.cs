using System.Collections.Frozen;
using System.Collections.Immutable;

namespace NsCollector.Discover.Identify;

/// <summary>Which labels and environment variables of a container are read from its runtime's state.</summary>
internal sealed class LabelSelection
{
    private readonly Glob[] _globs;
    private readonly FrozenSet<string> _variables;
    private readonly bool _hasOrchestratorTags;

    /// <param name="options">The globs of labels, and the names of variables.</param>
    internal LabelSelection(IdentityOptions options)
    {
        _globs = Default(options.Labels).Select(glob => new Glob(glob)).ToArray();
        _variables = Default(options.Environment).ToFrozenSet(StringComparer.Ordinal);
        _hasOrchestratorTags = options.OrchestratorTags;
    }

    /// <summary>Reads neither labels nor variables.</summary>
    internal static LabelSelection None { get; } = new(new IdentityOptions { OrchestratorTags = false });

    /// <summary>Whether no label is read.</summary>
    internal bool IsEmpty => _globs.Length == 0 && !_hasOrchestratorTags;

    /// <summary>Whether labels can become tags under their own keys.</summary>
    internal bool HasGlobs => _globs.Length > 0;

    /// <summary>Whether a pod's labels are needed for the owner of its containers.</summary>
    internal bool NeedsOwner => _hasOrchestratorTags;

    /// <summary>Whether any variable is read.</summary>
    internal bool HasVariables => _variables.Count > 0;

    /// <summary>Whether a label becomes a tag, by the globs of <c>identity.labels</c>.</summary>
    internal bool Selects(string key)
    {
        foreach (Glob glob in _globs)
        {
            if (glob.Matches(key)) return true;
        }

        return false;
    }

    /// <summary>Whether a label is read: it becomes a tag, or an orchestrator's tag is made from it.</summary>
    internal bool Reads(string key) => (_hasOrchestratorTags && OrchestratorTags.Needs(key)) || Selects(key);

    /// <summary>Whether the variable with this name becomes a tag.</summary>
    internal bool SelectsVariable(string name) => _variables.Contains(name);

    private static ImmutableArray<string> Default(ImmutableArray<string> texts) => texts.IsDefault ? [] : texts;
}
