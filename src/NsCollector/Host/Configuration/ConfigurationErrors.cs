using System.Collections.Immutable;

namespace NsCollector.Host.Configuration;

/// <summary>The errors found so far. All are counted, the first 100 are kept.</summary>
internal sealed class ConfigurationErrors
{
    private const int MaxKept = 100;

    private readonly List<ConfigurationError> _kept = [];
    private int _omitted;

    internal bool Any => _kept.Count > 0;

    internal void Add(string origin, string? key, string? value, string problem)
    {
        if (_kept.Count < MaxKept) _kept.Add(new ConfigurationError(origin, key, value, problem));
        else _omitted++;
    }

    internal ImmutableArray<ConfigurationError> ToImmutable() =>
        _omitted == 0 ? [.. _kept] : [.. _kept, new ConfigurationError("configuration", null, null, $"and {_omitted} more errors")];
}
