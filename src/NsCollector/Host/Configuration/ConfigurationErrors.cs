using System.Collections.Immutable;

namespace NsCollector.Host.Configuration;

/// <summary>The errors found so far. All are counted; only so many are kept that a terminal can show them.</summary>
internal sealed class ConfigurationErrors
{
    private const int MaxKept = 100;

    private readonly List<ConfigurationError> _kept = [];
    private int _leftOut;

    internal bool Any => _kept.Count > 0;

    internal void Add(string origin, string? key, string? value, string problem)
    {
        if (_kept.Count < MaxKept) _kept.Add(new ConfigurationError(origin, key, value, problem));
        else _leftOut++;
    }

    internal ImmutableArray<ConfigurationError> ToImmutable() =>
        _leftOut == 0 ? [.. _kept] : [.. _kept, new ConfigurationError("configuration", null, null, $"and {_leftOut} more errors")];
}
