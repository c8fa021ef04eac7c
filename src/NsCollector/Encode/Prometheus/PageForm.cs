using System.Collections.Immutable;

namespace NsCollector.Encode.Prometheus;

/// <summary>The series of a page and their labels. Any number of pages may use one.</summary>
internal sealed class PageForm
{
    private PageForm(ImmutableArray<PageFamily> families, SeriesLabels labels, bool hasTimestamps) =>
        (Families, Labels, HasTimestamps) = (families, labels, hasTimestamps);

    /// <summary>The families, in their order.</summary>
    internal ImmutableArray<PageFamily> Families { get; }

    /// <summary>The labels of containers.</summary>
    internal SeriesLabels Labels { get; }

    /// <summary>Whether samples have timestamps.</summary>
    internal bool HasTimestamps { get; }

    /// <summary>Everything that the agent knows.</summary>
    /// <param name="hasTimestamps">Whether samples have timestamps.</param>
    internal static PageForm Complete(bool hasTimestamps) => new(PageFamily.All, new SeriesLabels(isKubelet: false), hasTimestamps);

    /// <summary>The page /metrics/cadvisor of the kubelet: its names and labels, with timestamps.</summary>
    internal static PageForm Kubelet() => new([.. PageFamily.All.Where(KubeletFamilies.Contains)], new SeriesLabels(isKubelet: true), hasTimestamps: true);
}
