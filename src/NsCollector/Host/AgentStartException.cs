namespace NsCollector.Host;

/// <summary>The agent cannot start; the host then never reports it as ready.</summary>
internal sealed class AgentStartException(string problem) : Exception(problem);
