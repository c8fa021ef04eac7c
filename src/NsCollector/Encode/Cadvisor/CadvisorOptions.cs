using NsCollector.Encode.Selection;

namespace NsCollector.Encode.Cadvisor;

/// <summary>Settings of the agent that change the answers of cAdvisor's API.</summary>
internal sealed record CadvisorOptions
{
    /// <summary>Whether block I/O is read. cAdvisor also sets <c>has_diskio</c> for a container without I/O.</summary>
    internal bool HasDiskIo { get; init; } = true;

    /// <summary>Selects the labels that are shown. Its selection of metrics is not used.</summary>
    internal OutputSelection Selection { get; init; } = OutputSelection.All;

    /// <summary>The agent's version.</summary>
    internal string Version { get; init; } = "";
}
