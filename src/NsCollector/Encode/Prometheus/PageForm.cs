using System.Collections.Immutable;
using System.Text;

namespace NsCollector.Encode.Prometheus;

/// <summary>The series of a page and their labels. Any number of pages may use one.</summary>
internal sealed class PageForm
{
    private const string Errors =
        "# HELP container_scrape_error 1 if there was an error while getting container metrics, 0 otherwise\n# TYPE container_scrape_error gauge\ncontainer_scrape_error 0\n"
        + "# HELP machine_scrape_error 1 if there was an error while getting machine metrics, 0 otherwise.\n# TYPE machine_scrape_error gauge\nmachine_scrape_error 0\n";

    private PageForm(ImmutableArray<PageFamily> families, SeriesLabels labels, PageOptions options)
    {
        (Families, Labels, HasTimestamps, MachineLabels) = (families, labels, options.HasTimestamps, options.MachineLabels);
        string build = options.Version.Length == 0 ? ""
            : $"# HELP nscollector_build_info The version of the agent.\n# TYPE nscollector_build_info gauge\nnscollector_build_info{{version=\"{options.Version}\"}} 1\n";
        Constants = Encoding.ASCII.GetBytes(build + Errors);
    }

    /// <summary>The families, in their order.</summary>
    internal ImmutableArray<PageFamily> Families { get; }

    /// <summary>The labels of containers.</summary>
    internal SeriesLabels Labels { get; }

    /// <summary>Whether samples have timestamps.</summary>
    internal bool HasTimestamps { get; }

    /// <summary>The labels of <c>machine_…</c> series, without braces.</summary>
    internal byte[] MachineLabels { get; }

    /// <summary>The families at the end of the page that never change.</summary>
    internal byte[] Constants { get; }

    /// <summary>Everything that the agent knows.</summary>
    internal static PageForm Complete(PageOptions options) => new(PageFamily.Of(options), new SeriesLabels(isKubelet: false), options);

    /// <summary>The page /metrics/cadvisor of the kubelet: its names and labels, with timestamps.</summary>
    internal static PageForm Kubelet(PageOptions options) => new(
        [.. PageFamily.Of(options with { HasNodeNames = false }).Where(KubeletFamilies.Contains)], new SeriesLabels(isKubelet: true), options with { HasTimestamps = true, Version = "" });
}
