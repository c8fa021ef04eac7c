using System.Collections.Immutable;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Sample.Events;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>How containers ended, for runtimes whose files do not record it, while the agent keeps their exits. Docker's files record it.</summary>
internal sealed class ExitTable
{
    private readonly Dictionary<(ContainerRuntime Runtime, string Id), KeptExit> _exits = [];

    /// <param name="exits">The exits, oldest first.</param>
    internal ExitTable(ImmutableArray<KeptExit> exits)
    {
        foreach (KeptExit exit in exits)
        {
            if (!exit.HasSuccessor) _exits[(exit.Container.Identity.Runtime, exit.Container.Identity.Id)] = exit;
        }
    }

    /// <summary>Adds the time and the result of a container's end, if they are not known.</summary>
    internal ContainerDetails Complete(ContainerDetails details, ContainerRuntime runtime, string id)
    {
        if (details.FinishedNs != 0 || runtime == ContainerRuntime.Docker || !_exits.TryGetValue((runtime, id), out KeptExit? exit)) return details;
        return details with
        {
            FinishedNs = exit.TimestampNs,
            ExitCode = (int?)ExitSample.StatusOf(exit.Readings),
            WasOomKilled = exit.Readings.TryGet(Reading.ExitOomKilled, out long killed) && killed == 1,
        };
    }
}
