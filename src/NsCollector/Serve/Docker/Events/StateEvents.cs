using System.Collections.Immutable;
using NsCollector.Linux;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Docker.Events;

/// <summary>Makes the events create and destroy: after each cycle, compares the containers that the runtimes' state files list.</summary>
/// <param name="containers">The containers.</param>
/// <param name="log">Receives the events.</param>
internal sealed class StateEvents(IDockerContainers containers, EventLog log)
{
    // A container that is older was not created now: its runtime's directory was found only now.
    private readonly long _sinceNs = SystemClock.RealtimeNs();

    private Dictionary<string, DockerContainer>? _before;

    /// <summary>Compares after each cycle.</summary>
    /// <param name="samples">Whose cycles.</param>
    /// <param name="stopping">Cancelled when the agent stops.</param>
    internal async Task Run(LatestSamples samples, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                Task next = samples.NextCycle();
                Compare();
                await next.WaitAsync(stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Compares with the last time.</summary>
    internal void Compare()
    {
        Dictionary<string, DockerContainer> now = [];
        foreach (DockerContainer container in containers.All())
        {
            if (container.HasState) now[container.Id] = container;
        }

        if (_before is { } before)
        {
            foreach ((string id, DockerContainer container) in now)
            {
                if (!before.ContainsKey(id) && (container.CreatedNs == 0 || container.CreatedNs >= _sinceNs)) Add("create", container);
            }

            foreach ((string id, DockerContainer container) in before)
            {
                if (!now.ContainsKey(id)) Add("destroy", container);
            }
        }

        _before = now;
    }

    private void Add(string action, DockerContainer container)
    {
        long nowNs = SystemClock.RealtimeNs();
        log.Add(container.Live is { } live
            ? DockerEvent.Of(nowNs, action, live) with { Id = container.Id }
            : new DockerEvent(nowNs, action, container.Id, null, ImmutableSortedDictionary<string, string>.Empty.Add("name", container.Name)));
    }
}
