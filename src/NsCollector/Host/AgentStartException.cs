namespace NsCollector.Host;

/// <summary>Tells the host that the agent cannot start, so that it is never ready.</summary>
internal sealed class AgentStartException(string problem) : Exception(problem);
