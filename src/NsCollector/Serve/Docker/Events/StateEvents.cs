using System.Collections.Immutable;
using NsCollector.Linux;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Docker.Events;

/// <summary>Creates the events create and destroy: after each cycle, it compares the containers that the runtimes' state files list.</summary>
/// <param name="containers">The containers.</param>
/// <param name="log">Receives the events.</param>
internal sealed class StateEvents(IDockerContainers containers, EventLog log)
{
    private Dictionary<string, DockerContainer>? _before;
    private long _firstNs;

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

        if (_before is null) _firstNs = SystemClock.RealtimeNs();
        if (_before is { } before)
        {
            foreach ((string id, DockerContainer container) in now)
            {
                // A data root that is found later has containers that were created long ago.
                if (!before.ContainsKey(id) && (container.CreatedNs == 0 || container.CreatedNs >= _firstNs)) Add("create", container, container.CreatedNs);
            }

            foreach ((string id, DockerContainer container) in before)
            {
                if (!now.ContainsKey(id)) Add("destroy", container, 0);
            }
        }

        _before = now;
    }

    private void Add(string action, DockerContainer container, long timeNs)
    {
        if (timeNs == 0) timeNs = SystemClock.RealtimeNs();
        DockerEvent happened = container.Live is { } live
            ? DockerEvent.Of(timeNs, action, live)
            : new DockerEvent(timeNs, action, container.Id, container.Image, ImmutableSortedDictionary<string, string>.Empty);
        ImmutableSortedDictionary<string, string> attributes = happened.Attributes.SetItem("name", container.Name);
        if (container.Image is { } image) attributes = attributes.SetItem("image", image);
        log.Add(happened with { Id = container.Id, Image = container.Image ?? happened.Image, Attributes = attributes });
    }
}
