using System.Collections.Immutable;

namespace NsCollector.Host.Configuration;

/// <summary>The result of reading the configuration: the options, or every error.</summary>
/// <param name="Options">The options; null if there is any error.</param>
/// <param name="Errors">All errors, not just the first.</param>
/// <param name="Files">The files that were read, in order.</param>
/// <param name="Ignored">Variables of the environment that begin like ours and can be none of ours; null if there are none.</param>
internal sealed record ConfigurationResult(AgentOptions? Options, ImmutableArray<ConfigurationError> Errors, ImmutableArray<string> Files, IgnoredVariables? Ignored = null);
