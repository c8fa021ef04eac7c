using System.Text;
using NsCollector.Discover;
using NsCollector.Encode.Prometheus;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Encode.Prometheus;

/// <summary>The page in text format after a cycle with one container.</summary>
internal static class RenderedPage
{
    public static string Of(PageOptions options, Container container, ContainerSample sample)
    {
        var samples = new LatestSamples([], TimeSpan.Zero);
        samples.BeginCycle(new ContainerList(1, [container]));
        samples.Accept(container, sample);
        samples.AcceptAgent(new AgentSnapshot());
        samples.EndCycle(new CycleReport());
        var page = new MetricsPage(PageForm.Complete(options));
        LatestCycle cycle = samples.Acquire();
        var text = new StringBuilder();
        page.Begin(cycle, PageFormat.Text);
        while (page.Next() is { Length: > 0 } piece) text.Append(Encoding.UTF8.GetString(piece.Span));
        samples.Release(cycle);
        return text.ToString();
    }
}
