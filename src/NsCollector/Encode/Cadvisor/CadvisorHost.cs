using NsCollector.Sample;

namespace NsCollector.Encode.Cadvisor;

/// <summary>What cAdvisor shows of the host as figures of the root cgroup.</summary>
/// <param name="Interfaces">The host's interfaces.</param>
/// <param name="Filesystems">The host's file systems.</param>
internal sealed record CadvisorHost(RowTable Interfaces, RowTable Filesystems);
