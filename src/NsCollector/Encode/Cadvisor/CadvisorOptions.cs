using NsCollector.Encode.Selection;

namespace NsCollector.Encode.Cadvisor;

/// <summary>What an answer of cAdvisor's API needs to know of the agent.</summary>
internal sealed record CadvisorOptions
{
    /// <summary>Whether block I/O is read. A container without I/O has none, but "has" it for cAdvisor.</summary>
    internal bool HasDiskIo { get; init; } = true;

    /// <summary>Which labels are shown. It does not choose metrics.</summary>
    internal OutputSelection Selection { get; init; } = OutputSelection.All;

    /// <summary>The agent's version.</summary>
    internal string Version { get; init; } = "";
}
