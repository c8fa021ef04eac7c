using System.Collections.Immutable;

namespace NsCollector.Host.Configuration;

/// <summary>What came of reading the configuration: the options, or every error in it.</summary>
/// <param name="Options">The options; null where there is any error.</param>
/// <param name="Errors">All errors, not just the first.</param>
/// <param name="Files">The files that were read, in their order.</param>
internal sealed record ConfigurationResult(AgentOptions? Options, ImmutableArray<ConfigurationError> Errors, ImmutableArray<string> Files);
