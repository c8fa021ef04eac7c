using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Cgroup.Limits;

namespace NsCollector.Sample.Cgroup;

// The files of container_limits. A file that is read anyway gets a second parser. The others are only read with the limits.
internal sealed partial class CgroupFilePlan
{
    private static readonly CpuBandwidthParser CpuBandwidth = new();

    private void Limits(IReadOnlyList<string> pageSizes)
    {
        if (_mounts.For("cpuset") is { } cpuset) CpusetLimits(cpuset);
        if (_mounts.For("cpu") is { } cpu) CpuLimits(cpu);
        if (_mounts.For("memory") is { } memory) MemoryLimits(memory);
        if (_mounts.For("pids") is { } pids) AddLimit(pids, "pids.max");
        if (_mounts.For("blkio") is { } blkio) BlockLimits(blkio);
        if (_mounts.For("hugetlb") is { } hugetlb) HugetlbLimits(hugetlb, pageSizes);
    }

    private void CpusetLimits(CgroupHierarchy cpuset)
    {
        var cpus = new CpusetParser(limits => limits.CpusetCpusEffective, Reading.LimitsCpusetCpusCount);
        var mems = new CpusetParser(limits => limits.CpusetMemsEffective, Reading.LimitsCpusetMemsCount);
        AddExtra(cpuset, "cpuset.cpus", new CpusetParser(limits => limits.CpusetCpus), withPayload: true);
        AddExtra(cpuset, "cpuset.mems", new CpusetParser(limits => limits.CpusetMems), withPayload: true);
        AddExtra(cpuset, cpuset.IsV2 ? "cpuset.cpus.effective" : "cpuset.effective_cpus", cpus, withPayload: true);
        AddExtra(cpuset, cpuset.IsV2 ? "cpuset.mems.effective" : "cpuset.effective_mems", mems, withPayload: true);
    }

    private void CpuLimits(CgroupHierarchy cpu)
    {
        AddExtra(cpu, cpu.IsV2 ? "cpu.max" : "cpu.cfs_period_us", CpuBandwidth);
        AddLimit(cpu, cpu.IsV2 ? "cpu.weight" : "cpu.shares");
        AddLimit(cpu, cpu.IsV2 ? "cpu.max.burst" : "cpu.cfs_burst_us");
        AddLimit(cpu, "cpu.idle");
    }

    private void MemoryLimits(CgroupHierarchy memory)
    {
        if (memory.IsV2)
        {
            // Not the files of the payload: a protection has no effect below a cgroup without protection.
            AddLimit(memory, "memory.high", withPayload: true);
            foreach (string name in (string[])["max", "low", "min", "swap.max", "swap.high", "zswap.max", "oom.group"]) AddLimit(memory, "memory." + name);
            return;
        }

        foreach (string name in (string[])["limit_in_bytes", "soft_limit_in_bytes", "memsw.limit_in_bytes", "kmem.limit_in_bytes", "kmem.tcp.limit_in_bytes"])
            AddLimit(memory, "memory." + name, UnlimitedMemory);
        AddLimit(memory, "memory.swappiness");
        AddExtra(memory, "memory.oom_control", new ExtraKeysParser(KernelKeys.Of("memory.oom_control", isV2: false, part => part == SamplePart.Limits), reading => reading.Limits?.Readings));
    }

    private void BlockLimits(CgroupHierarchy blkio)
    {
        var weight = new DeviceWeightParser(Reading.LimitsIoWeight, Reading.LimitsDeviceWeight);
        var bfqWeight = new DeviceWeightParser(Reading.LimitsIoBfqWeight, Reading.LimitsDeviceBfqWeight);
        string[] limits = blkio.IsV2
            ? ["io.max", "io.latency"]
            : ["blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device", "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device"];
        foreach (string name in limits)
            AddExtra(blkio, name, new DeviceLimitParser(KernelKeys.Of(name, blkio.IsV2, part => part == SamplePart.LimitDevices)), withPayload: true);
        foreach (string name in blkio.IsV2 ? (string[])["io.weight"] : ["blkio.weight", "blkio.weight_device"]) AddExtra(blkio, name, weight);
        foreach (string name in blkio.IsV2 ? (string[])["io.bfq.weight"] : ["blkio.bfq.weight", "blkio.bfq.weight_device"]) AddExtra(blkio, name, bfqWeight);
    }

    private void HugetlbLimits(CgroupHierarchy hugetlb, IReadOnlyList<string> pageSizes)
    {
        for (int i = 0; i < pageSizes.Count; i++)
        {
            string name = hugetlb.IsV2 ? "max" : "limit_in_bytes", prefix = $"hugetlb.{pageSizes[i]}.";
            AddExtra(hugetlb, prefix + name, new HugetlbLimitParser(PageSizes[i], Reading.LimitsHugetlbLimitBytes), UnlimitedHugetlb);
            AddExtra(hugetlb, prefix + "rsvd." + name, new HugetlbLimitParser(PageSizes[i], Reading.LimitsHugetlbRsvdLimitBytes), UnlimitedHugetlb);
        }
    }

    private void AddLimit(CgroupHierarchy hierarchy, string name, ulong unlimitedFrom = ulong.MaxValue, bool withPayload = false)
    {
        Reading target = KernelKeys.Of(name, hierarchy.IsV2, part => part == SamplePart.Limits)[0].Reading;
        AddExtra(hierarchy, name, new LimitValueParser(target), unlimitedFrom, withPayload);
    }

    /// <summary>Adds a parser to a file of the plan, in the container's own cgroup and its payload's; adds the file if the plan does not have it.</summary>
    private void AddExtra(
        CgroupHierarchy hierarchy, string name, ExtraParser parser, ulong unlimitedFrom = ulong.MaxValue, bool withPayload = false,
        int rank = CgroupFile.NeverHeld, CgroupFileKind kind = CgroupFileKind.Extra)
    {
        int index = _hierarchies.IndexOf(hierarchy);
        byte[] own = Encoding.ASCII.GetBytes(name + "\0"), payload = Encoding.ASCII.GetBytes(PayloadName + name + "\0");
        bool isRead = false;
        for (int i = 0; i < _files.Count; i++)
        {
            CgroupFile file = _files[i];
            if (file.Hierarchy != index || !file.NameWithNul.AsSpan().SequenceEqual(file.IsPayload ? payload : own)) continue;
            isRead = true;
            _files[i] = file with { Extras = [.. file.Extras, parser] };
        }

        if (isRead) return;
        int added = Add(hierarchy, kind, name, rank, unlimitedFrom: unlimitedFrom);
        _files[added] = _files[added] with { Extras = [parser] };
        if (!withPayload) return;
        AddPayload(hierarchy, CgroupFileKind.Extra, name);
        _files[^1] = _files[^1] with { Extras = [parser] };
    }
}
