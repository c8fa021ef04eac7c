using System.Collections.Immutable;
using System.Text;

namespace NsCollector.Encode.Prometheus;

/// <summary>The series of a page and their labels. Any number of pages may use one.</summary>
internal sealed class PageForm
{
    private const string Build = "nscollector_build_info";

    // As cAdvisor: gauges that are always 0 here.
    private static readonly (string Name, string Help)[] Errors =
    [
        ("container_scrape_error", "1 if there was an error while getting container metrics, 0 otherwise"),
        ("machine_scrape_error", "1 if there was an error while getting machine metrics, 0 otherwise."),
    ];

    private PageForm(ImmutableArray<PageFamily> families, SeriesLabels labels, PageOptions options, bool isKubelet)
    {
        (Families, Labels, HasTimestamps, MachineLabels) = (families, labels, options.HasTimestamps, options.MachineLabels);

        // The kubelet does not have them.
        MachineFamilies = isKubelet ? [] : [.. MachineFamily.All.Where(family => options.Selection.Shows(family.Name))];
        string build = options.Version.Length == 0 || !options.Selection.Shows(Build) ? "" : Family(Build, "The version of the agent.", $"{{version=\"{options.Version}\"}} 1");
        IEnumerable<string> errors = Errors.Where(error => options.Selection.Shows(error.Name)).Select(error => Family(error.Name, error.Help, " 0"));
        Constants = Encoding.ASCII.GetBytes(build + string.Concat(errors));
    }

    /// <summary>The names of the families that no reading of a cycle gives.</summary>
    internal static IEnumerable<string> ConstantNames => Errors.Select(error => error.Name).Concat(MachineFamily.All.Select(family => family.Name)).Prepend(Build);

    /// <summary>The families, in their order.</summary>
    internal ImmutableArray<PageFamily> Families { get; }

    /// <summary>The families of the machine's hardware.</summary>
    internal ImmutableArray<MachineFamily> MachineFamilies { get; }

    /// <summary>The labels of containers.</summary>
    internal SeriesLabels Labels { get; }

    /// <summary>Whether samples have timestamps.</summary>
    internal bool HasTimestamps { get; }

    /// <summary>The labels of <c>machine_…</c> series, without braces.</summary>
    internal byte[] MachineLabels { get; }

    /// <summary>The families at the end of the page that never change.</summary>
    internal byte[] Constants { get; }

    /// <summary>Everything that the agent knows.</summary>
    internal static PageForm Complete(PageOptions options) => new(PageFamily.Of(options), new SeriesLabels(isKubelet: false, options.Selection), options, isKubelet: false);

    /// <summary>The page /metrics/cadvisor of the kubelet: its names and labels, with timestamps.</summary>
    internal static PageForm Kubelet(PageOptions options) => new(
        [.. PageFamily.Of(options with { HasNodeNames = false }).Where(KubeletFamilies.Contains)], new SeriesLabels(isKubelet: true, options.Selection), options with { HasTimestamps = true, Version = "" }, isKubelet: true);

    private static string Family(string name, string help, string labelsAndValue) => $"# HELP {name} {help}\n# TYPE {name} gauge\n{name}{labelsAndValue}\n";
}
