namespace NsCollector.Host;

/// <summary>What the commands need of the rooms below the host. Program.cs supplies it.</summary>
internal sealed record AgentParts
{
    /// <summary>Creates the agent of <c>run</c>, which starts with <see cref="IAgentCore.Start"/>.</summary>
    internal required Func<AgentContext, IAgentCore> CreateCore { get; init; }

    /// <summary>Takes and prints the samples of <c>sample</c>; returns the exit status.</summary>
    internal required Func<AgentContext, SampleRequest, Stream, int> Sample { get; init; }

    /// <summary>Walks once and counts the recognised containers, for <c>check</c>; null in tests.</summary>
    internal Func<AgentContext, ContainerTotals>? CountContainers { get; init; }
}
