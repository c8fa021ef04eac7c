using System.Collections.Immutable;
using NsCollector.Linux;

namespace NsCollector.Serve.Docker.Events;

/// <summary>/events: the past events from <c>since</c> on, then each new one, until <c>until</c> or until the client disconnects.</summary>
/// <param name="log">The events.</param>
/// <param name="slots">Limits the streams.</param>
/// <param name="labelsOf">The labels of a container by its id, including those that discovery does not select; empty if it no longer exists.</param>
internal sealed class EventsEndpoint(EventLog log, StreamSlots slots, Func<string, ImmutableArray<KeyValuePair<string, string>>> labelsOf) : IDockerEndpoint
{
    /// <inheritdoc/>
    public async Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
    {
        if (!DockerFilters.TryParse(request, out DockerFilters? filters))
        {
            await response.Refuse(400, "invalid filter", cancellation).ConfigureAwait(false);
            return;
        }

        if (EventRange.Parse(request, out EventRange range) is { } problem)
        {
            await response.Refuse(400, problem, cancellation).ConfigureAwait(false);
            return;
        }

        if (!slots.TryEnter())
        {
            await slots.Refuse(response, cancellation).ConfigureAwait(false);
            return;
        }

        try
        {
            await Stream(request, response, filters, range, cancellation).ConfigureAwait(false);
        }
        finally
        {
            slots.Leave();
        }
    }

    private async Task Stream(DockerRequest request, DockerResponse response, DockerFilters filters, EventRange range, CancellationToken cancellation)
    {
        long from = range.SinceNs is not null || range.UntilNs is not null ? log.Oldest : log.Next;
        await response.BeginStream(cancellation).ConfigureAwait(false);
        var events = new List<DockerEvent>();
        while (true)
        {
            Task added = log.Read(ref from, events);
            foreach (DockerEvent recorded in events)
            {
                if (!range.Contains(recorded)) continue;
                DockerEvent happened = recorded.WithLabels(labelsOf(recorded.Id));
                if (IsWanted(happened, filters))
                    await response.SendMessage(writer => happened.Write(writer, request.ApiMinorVersion), cancellation).ConfigureAwait(false);
            }

            events.Clear();
            if (range.UntilNs is not { } untilNs)
            {
                await added.WaitAsync(cancellation).ConfigureAwait(false);
                continue;
            }

            long leftNs = untilNs - SystemClock.RealtimeNs();
            if (leftNs <= 0) return;
            try
            {
                await added.WaitAsync(TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(leftNs / 1e6), int.MaxValue - 1)), cancellation).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The next round sends what came last.
            }
        }
    }

    private static bool IsWanted(DockerEvent happened, DockerFilters filters) =>
        filters.IsExactly("type", "container")
        && filters.IsExactly("scope", "local")
        && filters.IsExactly("event", happened.Action)
        && filters.Accepts("container", reference => IsReference(happened, reference))
        && filters.Accepts("image", image => IsImage(happened.Image, image))
        && filters.HasAll("label", happened.Attributes)
        && !NotOfContainers.Any(filters.Contains);

    // These name objects of other types, which have no events here.
    private static readonly string[] NotOfContainers = ["network", "volume", "daemon", "plugin", "service", "node", "secret", "config"];

    private static bool IsReference(DockerEvent happened, string reference) =>
        reference.Length > 0 && (happened.Id.StartsWith(reference, StringComparison.Ordinal) || happened.Name == reference.TrimStart('/'));

    // moby compares the name with and without its tag.
    private static bool IsImage(string? image, string wanted)
    {
        if (image is null) return false;
        int tag = image.LastIndexOf(':');
        return image == wanted || (tag > image.LastIndexOf('/') && image[..tag] == wanted);
    }
}
