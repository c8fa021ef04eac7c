using System.Collections.Immutable;

namespace NsCollector.Host.Configuration;

/// <summary>The result of reading the configuration: the options, or every error.</summary>
/// <param name="Options">The options; null if there is any error.</param>
/// <param name="Errors">All errors, not just the first.</param>
/// <param name="Files">The files that were read, in order.</param>
internal sealed record ConfigurationResult(AgentOptions? Options, ImmutableArray<ConfigurationError> Errors, ImmutableArray<string> Files);
