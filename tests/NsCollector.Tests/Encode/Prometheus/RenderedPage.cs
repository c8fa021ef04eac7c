using System.Text;
using NsCollector.Discover;
using NsCollector.Encode.Prometheus;
using NsCollector.Sample;
using NsCollector.Sample.Latest;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Encode.Prometheus;

/// <summary>The page in text format.</summary>
internal static class RenderedPage
{
    /// <summary>The page after a cycle with one container.</summary>
    public static string Of(PageOptions options, Container container, ContainerSample sample)
    {
        var samples = new LatestSamples([], TimeSpan.Zero);
        samples.BeginCycle(new ContainerList(1, [container]));
        samples.Accept(container, sample);
        samples.AcceptAgent(new AgentSnapshot());
        samples.EndCycle(new CycleReport());
        return Of(PageForm.Complete(options), samples);
    }

    /// <summary>The page of the last cycle.</summary>
    public static string Of(PageForm form, LatestSamples samples)
    {
        var page = new MetricsPage(form);
        LatestCycle cycle = samples.Acquire();
        var text = new StringBuilder();
        page.Begin(cycle, PageFormat.Text);
        while (page.Next() is { Length: > 0 } piece) text.Append(Encoding.UTF8.GetString(piece.Span));
        samples.Release(cycle);
        return text.ToString();
    }
}
