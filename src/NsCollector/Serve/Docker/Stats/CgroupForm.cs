using NsCollector.Linux.Cgroup;

namespace NsCollector.Serve.Docker.Stats;

/// <summary>Which controllers are on cgroup v2. dockerd's stats of v1 and v2 have different keys.</summary>
/// <param name="MemoryIsV2">The memory controller.</param>
/// <param name="BlkioIsV2">The io controller, blkio on v1.</param>
internal readonly record struct CgroupForm(bool MemoryIsV2, bool BlkioIsV2)
{
    /// <summary>The form of a host.</summary>
    internal static CgroupForm Of(CgroupMounts mounts) => new(mounts.For("memory") is { IsV2: true }, mounts.For("blkio") is { IsV2: true });
}
