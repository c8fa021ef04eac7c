using Microsoft.Extensions.Logging;
using NsCollector.Sample;
using NsCollector.Sample.History;
using NsCollector.Sample.Latest;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>
/// What serves the samples to clients: the Prometheus page with cAdvisor's API, and Docker's API. Without a listener, none of it is created,
/// no sample is copied, and nothing more is read.
/// </summary>
internal sealed class Faces
{
    /// <param name="options">The configuration.</param>
    /// <param name="consumer">The consumer of samples without any face.</param>
    /// <param name="sample">What is read without any face.</param>
    /// <param name="sinks">The names of the sinks, for the page.</param>
    /// <param name="createDocker">Creates Docker's API; called only if it has a listener.</param>
    /// <param name="counters">Receives failures.</param>
    /// <param name="loggers">Where they are logged.</param>
    internal Faces(
        AgentOptions options, ISampleConsumer consumer, SampleOptions sample, string[] sinks, Func<LatestSamples, DockerFace> createDocker, AgentCounters counters, ILoggerFactory loggers)
    {
        (Consumer, Sample) = (consumer, sample);
        bool servesHttp = !options.Http.Listen.IsEmpty, servesDocker = !options.DockerApi.Listen.IsEmpty;
        if (!servesHttp && !servesDocker)
        {
            // Only pages show these.
            Sample = sample with { TcpDetail = false };
            return;
        }

        SampleHistory? history = servesHttp && options.Http is { CadvisorApi: true, History.Ticks: > 0 } ? new SampleHistory(options.Http.History, options.Http.HistoryMemoryBytes, counters) : null;

        // All pages and APIs show the samples of the same cycle.
        Latest = new LatestSamples(sinks, options.Http.ExitsKept, servesDocker, history);
        Consumer = new SampleFork(consumer, Latest);
        if (servesHttp)
        {
            Sample = Sample with { Parents = options.Http.Parents, MaxParents = options.Http.MaxParents };
            Http = new HttpFace(options.Http, Latest, history, options.Roots, options.Sample, counters, loggers.CreateLogger("http"));
            if (Http.Events is { } events) Consumer = new SampleFork(Consumer, events);
        }

        if (servesDocker)
        {
            Sample = Sample with { Telegraf = true, DockerApi = true };
            Docker = createDocker(Latest);
            Consumer = new SampleFork(Consumer, Docker.Recorder);
        }
    }

    /// <summary>The consumer of samples, with those of the faces.</summary>
    internal ISampleConsumer Consumer { get; }

    /// <summary>What is read, with what the faces need.</summary>
    internal SampleOptions Sample { get; }

    /// <summary>The samples of the last cycles; null without a face.</summary>
    internal LatestSamples? Latest { get; }

    /// <summary>The server of the Prometheus page; null without <c>http.listen</c>.</summary>
    internal HttpFace? Http { get; }

    /// <summary>The server of Docker's API; null without <c>docker_api.listen</c>.</summary>
    internal DockerFace? Docker { get; }
}
