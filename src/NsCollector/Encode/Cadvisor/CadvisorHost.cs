using NsCollector.Sample;

namespace NsCollector.Encode.Cadvisor;

/// <summary>The figures of the host that cAdvisor shows for the root cgroup.</summary>
/// <param name="Interfaces">The host's interfaces.</param>
/// <param name="Filesystems">The host's file systems.</param>
internal sealed record CadvisorHost(RowTable Interfaces, RowTable Filesystems);
