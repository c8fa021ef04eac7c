using System.Text.Json;
using NsCollector.Sample;
using NsCollector.Sample.Latest;

namespace NsCollector.Serve.Docker.Stats;

/// <summary>
/// /containers/REFERENCE/stats: the last sample and the one before it. A stream sends them at once, then after each cycle, until the
/// container is removed.
/// </summary>
/// <param name="containers">The containers.</param>
/// <param name="samples">Their last samples.</param>
/// <param name="form">Which controllers are on cgroup v2.</param>
/// <param name="slots">Limits the streams.</param>
internal sealed class StatsEndpoint(IDockerContainers containers, LatestSamples samples, CgroupForm form, StreamSlots slots) : IDockerEndpoint
{
    private readonly StatsWriter _writer = new(form);

    /// <inheritdoc/>
    public async Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        bool isStream = !request.Query.TryGet("stream", out _) || request.IsSet("stream"), isOneShot = request.IsSet("one-shot");
        if (isStream && isOneShot)
        {
            await response.Refuse(400, "cannot have stream=true and one-shot=true", cancellation).ConfigureAwait(false);
            return;
        }

        if (DockerRefusal.Of(containers, request.Reference, out DockerContainer container) is { } refusal)
        {
            await response.Refuse(refusal, cancellation).ConfigureAwait(false);
            return;
        }

        if (!isStream)
        {
            await AwaitFirstSample(container, response.Timeout, cancellation).ConfigureAwait(false);
            await response.Send(writer => Write(writer, containers.Find(container.Id).Container ?? container, isOneShot), cancellation).ConfigureAwait(false);
            return;
        }

        if (!slots.TryEnter())
        {
            await slots.Refuse(response, cancellation).ConfigureAwait(false);
            return;
        }

        try
        {
            await Stream(container, response, cancellation).ConfigureAwait(false);
        }
        finally
        {
            slots.Leave();
        }
    }

    private async Task Stream(DockerContainer container, DockerResponse response, CancellationToken cancellation)
    {
        await response.BeginStream(cancellation).ConfigureAwait(false);
        for (DockerContainer? now = container; now is not null; now = containers.Find(container.Id).Container)
        {
            // Before the sample is read, so that no cycle is missed.
            Task next = samples.NextCycle();
            await response.SendMessage(writer => Write(writer, now, isOneShot: false), cancellation).ConfigureAwait(false);
            await next.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    // A container that has just started is sampled at once, but is only shown at the end of the cycle.
    private async Task AwaitFirstSample(DockerContainer container, TimeSpan timeout, CancellationToken cancellation)
    {
        if (container.Live is null || timeout <= TimeSpan.Zero || WasSampled(container)) return;
        try
        {
            await samples.NextCycle().WaitAsync(timeout / 2, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
    }

    private bool WasSampled(DockerContainer container)
    {
        LatestCycle cycle = samples.Acquire();
        bool wasSampled = container.Live is { } live && cycle.Find(live.Key) is { } latest && cycle.SampleOf(latest) is not null;
        samples.Release(cycle);
        return wasSampled;
    }

    private void Write(Utf8JsonWriter writer, DockerContainer container, bool isOneShot)
    {
        LatestCycle cycle = samples.Acquire();
        try
        {
            if (container.Live is { } live && cycle.Find(live.Key) is { } latest && cycle.SampleOf(latest) is { State: not ContainerState.Empty } sample && cycle.DockerOf(latest) is { } docker)
                _writer.Write(writer, container, sample, docker, InterfacesOf(cycle, sample, docker), isOneShot);
            else StatsWriter.WriteStopped(writer, container);
        }
        finally
        {
            samples.Release(cycle);
        }
    }

    // dockerd also shows the interfaces of a namespace that another container owns.
    private static RowTable? InterfacesOf(LatestCycle cycle, ContainerSample sample, DockerReadings docker)
    {
        if (sample.Interfaces.Count > 0) return sample.Interfaces;
        return docker.NetworkOwnerKey != 0 && cycle.Find(docker.NetworkOwnerKey) is { } owner ? cycle.SampleOf(owner)?.Interfaces : null;
    }
}
