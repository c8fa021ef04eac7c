using System.Collections.Immutable;

namespace NsCollector.Host;

/// <summary>The rooms below the host, as Program.cs puts them in. Commands know no room, only these.</summary>
internal sealed record AgentParts
{
    /// <summary>Makes the agent of <c>run</c>. Nothing starts before <see cref="IAgentCore.Start"/>.</summary>
    internal required Func<AgentContext, IAgentCore> CreateCore { get; init; }

    /// <summary>Takes and prints the samples of <c>sample</c>; gives the exit status.</summary>
    internal required Func<AgentContext, SampleRequest, Stream, int> Sample { get; init; }

    /// <summary>Walks once and counts the containers that are recognised, for <c>check</c>; null where that is not built in.</summary>
    internal Func<AgentContext, ImmutableArray<ContainerCount>>? CountContainers { get; init; }
}
