using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// The limits of the cgroups above the containers (a systemd slice, a pod, <c>docker run --cgroup-parent</c>), which hold for
/// everything below. Read with the limits of a container. Containers share their ancestors, so each ancestor is kept once and read
/// at most once a second. For the sampling thread, except for <see cref="Apply"/>; allocates only when a container is added.
/// </summary>
/// <remarks>
/// An ancestor is one that the agent's mount shows. In a cgroup namespace, or if a sub-tree is mounted, the topmost is the root of
/// that view, whose own limits count; limits above it are not visible. Only v1's memory.stat tells those too
/// (hierarchical_memory_limit), so v1's memory limits are not looked up here.
/// </remarks>
internal sealed class AncestorLimits
{
    private const long MaxAgeNs = 1_000_000_000;

    private readonly Dictionary<string, Ancestor> _ancestors = new(StringComparer.Ordinal);
    private readonly CgroupFilePlan _plan;
    private readonly Lock _gate = new();
    private readonly AgentCounters _counters;
    private readonly long _maxAgeNs;

    /// <param name="plan">The hierarchies.</param>
    /// <param name="options">How often limits are read.</param>
    /// <param name="counters">Counts failures.</param>
    internal AncestorLimits(CgroupFilePlan plan, SampleOptions options, AgentCounters counters)
    {
        _plan = plan;
        _counters = counters;
        _maxAgeNs = Math.Min(MaxAgeNs, (long)(options.LimitsInterval.TotalMilliseconds * 1e6));
    }

    /// <summary>How many cgroups are kept.</summary>
    internal int Count => _ancestors.Count;

    /// <summary>Finds the ancestors of a new container. May allocate.</summary>
    internal void Join(ContainerCgroup cgroup)
    {
        cgroup.CpuAncestor = JoinAbove(cgroup, _plan.CpuLimitHierarchy);
        cgroup.MemoryAncestor = JoinAbove(cgroup, _plan.MemoryLimitHierarchy);
    }

    /// <summary>Forgets the ancestors that no other container has.</summary>
    internal void Leave(ContainerCgroup cgroup)
    {
        Leave(cgroup.CpuAncestor);
        Leave(cgroup.MemoryAncestor);
        cgroup.CpuAncestor = cgroup.MemoryAncestor = null;
    }

    /// <summary>Completes a reading of a container's own limits with those of its ancestors. Any thread may call it.</summary>
    /// <param name="cgroup">The container.</param>
    /// <param name="reader">Of the calling thread.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    internal void Apply(ContainerCgroup cgroup, CgroupFileReader reader, long nowNs)
    {
        lock (_gate) ApplyLocked(cgroup, reader, nowNs);
    }

    private void ApplyLocked(ContainerCgroup cgroup, CgroupFileReader reader, long nowNs)
    {
        CarriedState carried = cgroup.Carried;
        double cores = carried.Limits.Has(Reading.CpuLimitCores) ? carried.Limits.GetDouble(Reading.CpuLimitCores) : double.PositiveInfinity;
        bool isCpuKnown = !carried.IsCpuLimitUnknown;
        for (Ancestor? above = cgroup.CpuAncestor; above is not null; above = above.Parent)
        {
            Refresh(above, reader, nowNs);
            isCpuKnown &= above.Cores is not null;
            cores = Math.Min(cores, above.Cores ?? double.PositiveInfinity);
        }

        if (isCpuKnown) carried.Limits.SetDouble(Reading.CpuEffectiveLimitCores, cores);

        carried.AncestorsMemoryBytes = long.MaxValue;
        for (Ancestor? above = cgroup.MemoryAncestor; above is not null; above = above.Parent)
        {
            Refresh(above, reader, nowNs);
            carried.AncestorsMemoryBytes = above.MemoryBytes is { } bytes && carried.AncestorsMemoryBytes is { } lowest ? Math.Min(lowest, bytes) : null;
        }
    }

    private Ancestor? JoinAbove(ContainerCgroup cgroup, int hierarchy)
    {
        if (hierarchy < 0 || cgroup.Directories[hierarchy] is not { } directory) return null;
        return JoinAbove(Encoding.UTF8.GetString(directory.AsSpan()[..^1]), _plan.Hierarchies[hierarchy]);
    }

    /// <summary>The parent of a directory, with one more user; null at the mount point.</summary>
    private Ancestor? JoinAbove(string directory, CgroupHierarchy hierarchy)
    {
        if (directory.Length <= hierarchy.MountPoint.Length) return null;
        string path = directory[..directory.LastIndexOf('/')];
        if (!_ancestors.TryGetValue(path, out Ancestor? ancestor))
        {
            _ancestors[path] = ancestor = new Ancestor(path, hierarchy.IsV2, JoinAbove(path, hierarchy));
        }

        ancestor.Users++;
        return ancestor;
    }

    private void Leave(Ancestor? ancestor)
    {
        for (; ancestor is not null && --ancestor.Users == 0; ancestor = ancestor.Parent) _ancestors.Remove(ancestor.Path);
    }

    private void Refresh(Ancestor ancestor, CgroupFileReader reader, long nowNs)
    {
        if (ancestor.ReadAtNs is { } readAtNs && nowNs - readAtNs < _maxAgeNs) return;
        ancestor.ReadAtNs = nowNs;
        if (ancestor.IsV2)
        {
            ancestor.Cores = _plan.UnifiedCpuBandwidth ? ReadCpuMax(reader, ancestor.CpuFile) : double.PositiveInfinity;
            ancestor.MemoryBytes = _plan.UnifiedMemory ? ReadMemoryMax(reader, ancestor.MemoryFile) : long.MaxValue;
        }
        else
        {
            ancestor.Cores = ReadQuotaV1(reader, ancestor);
        }
    }

    // The methods below return null if the limit is not known, and infinity or 2^63-1 if there is none.
    private double? ReadCpuMax(CgroupFileReader reader, byte[] file)
    {
        if (!TryRead(reader, file, out ReadOnlySpan<byte> text)) return null;
        double cores = 0;
        SingleValue kind = text.IsEmpty ? SingleValue.Unlimited : CpuMaxParser.Parse(text, out cores);
        return Known(kind) ? kind == SingleValue.Number ? cores : double.PositiveInfinity : null;
    }

    private long? ReadMemoryMax(CgroupFileReader reader, byte[] file)
    {
        if (!TryRead(reader, file, out ReadOnlySpan<byte> text)) return null;
        ulong bytes = 0;
        SingleValue kind = text.IsEmpty ? SingleValue.Unlimited : SingleValueParser.Parse(text, out bytes);
        if (!Known(kind)) return null;
        if (kind == SingleValue.Unlimited) return long.MaxValue;
        if (bytes <= long.MaxValue) return (long)bytes;
        _counters.Add(AgentCounter.ValuesImpossible);
        return null;
    }

    private double? ReadQuotaV1(CgroupFileReader reader, Ancestor ancestor)
    {
        if (!TryRead(reader, ancestor.CpuFile, out ReadOnlySpan<byte> text)) return null;
        ulong quota = 0, period = 0;
        SingleValue kind = text.IsEmpty ? SingleValue.Unlimited : SingleValueParser.Parse(text, out quota);
        if (!Known(kind)) return null;
        if (kind == SingleValue.Unlimited) return double.PositiveInfinity;
        if (!TryRead(reader, ancestor.PeriodFile, out text)) return null;
        return Known(SingleValueParser.Parse(text, out period)) && period > 0 ? (double)quota / period : null;
    }

    private bool Known(SingleValue kind)
    {
        if (kind is SingleValue.Number or SingleValue.Unlimited) return true;
        _counters.Add(AgentCounter.ReadErrors);
        return false;
    }

    /// <summary>Reads a file. The text is empty if it does not exist: the root has no limits, nor has a cgroup without the controller.</summary>
    private bool TryRead(CgroupFileReader reader, byte[] file, out ReadOnlySpan<byte> text)
    {
        text = default;
        int length = reader.ReadAt(Libc.AT_FDCWD, file);
        if (length is -Errno.ENOENT or -Errno.ENODEV or -Errno.ENOTDIR) return true;
        if (length > 0)
        {
            text = reader.Text(length);
            return true;
        }

        _counters.Add(AgentCounter.ReadErrors);
        return false;
    }

    /// <summary>A cgroup above containers.</summary>
    internal sealed class Ancestor(string path, bool isV2, Ancestor? parent)
    {
        internal string Path => path;

        internal bool IsV2 => isV2;

        internal Ancestor? Parent => parent;

        internal byte[] CpuFile { get; } = Encoding.UTF8.GetBytes(path + (isV2 ? "/cpu.max\0" : "/cpu.cfs_quota_us\0"));

        internal byte[] PeriodFile { get; } = isV2 ? [] : Encoding.UTF8.GetBytes(path + "/cpu.cfs_period_us\0");

        internal byte[] MemoryFile { get; } = isV2 ? Encoding.UTF8.GetBytes(path + "/memory.max\0") : [];

        /// <summary>How many containers and other ancestors have it as their parent.</summary>
        internal int Users { get; set; }

        internal long? ReadAtNs { get; set; }

        /// <summary>Its own limit in cores; infinity if there is none, null if it is not known.</summary>
        internal double? Cores { get; set; }

        /// <summary>Its own limit in bytes; 2^63-1 if there is none, null if it is not known.</summary>
        internal long? MemoryBytes { get; set; }
    }
}
