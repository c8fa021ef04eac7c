using NsCollector.Encode.Selection;

namespace NsCollector.Encode.Prometheus;

/// <summary>What a page shows.</summary>
internal sealed record PageOptions
{
    /// <summary>Whether samples have timestamps.</summary>
    internal bool HasTimestamps { get; init; }

    /// <summary>Whether the host's series have the names of node_exporter.</summary>
    internal bool HasNodeNames { get; init; }

    /// <summary>Whether the page shows container_limits.</summary>
    internal bool HasLimits { get; init; }

    /// <summary>Whether the page shows container_memory_detail.</summary>
    internal bool HasMemoryDetail { get; init; }

    /// <summary>Whether the page shows <see cref="Sample.ContainerSample.TcpDetail"/>.</summary>
    internal bool HasTcpDetail { get; init; }

    /// <summary>Which series and labels the page has.</summary>
    internal OutputSelection Selection { get; init; } = OutputSelection.All;

    /// <summary>The labels of <c>machine_…</c> series (<see cref="SeriesLabels.OfMachine"/>).</summary>
    internal byte[] MachineLabels { get; init; } = [];

    /// <summary>The agent's version, for <c>nscollector_build_info</c>; empty to leave that out.</summary>
    internal string Version { get; init; } = "";
}
