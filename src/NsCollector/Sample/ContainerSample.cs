using NsCollector.Catalogue;
using NsCollector.Sample.Block;

namespace NsCollector.Sample;

/// <summary>
/// All readings of one container in one cycle. The object is reused each cycle, on the sampling thread; Encode reads it
/// there before the next cycle begins.
/// </summary>
internal sealed partial class ContainerSample
{
    // The bits in Scalars of the readings from memory.stat, which may not be read in each cycle.
    private static readonly ulong FromMemoryStat = MetricCatalogue.Measurements.Where(measurement => measurement.Part == SamplePart.Scalars)
        .SelectMany(measurement => measurement.Fields)
        .Where(field => field.Index is (int)Reading.MemoryWorkingSetBytes or (int)Reading.MemoryUsagePercent
            || field.SourceV1.Keys.Concat(field.SourceV2.Keys).Any(key => key.File == "memory.stat"))
        .Aggregate(0UL, (bits, field) => bits | (1UL << (field.Index - (int)MetricCatalogue.RangeOf(SamplePart.Info, SamplePart.Scalars).First)));

    private byte[] _memoryStat = [];
    private int _memoryStatLength;

    /// <summary>When the container was read: nanoseconds since the epoch, on the realtime clock.</summary>
    public long TimestampNs { get; set; }

    /// <summary>Its state.</summary>
    public ContainerState State { get; set; }

    /// <summary>Whether <see cref="Reading.CpuWeight"/> is cpu.weight of cgroup v2; else it is cpu.shares of v1.</summary>
    public bool HasCpuWeight { get; internal set; }

    /// <summary>The readings of which a container has one: info, cpu, memory, pids.</summary>
    public ReadingSet Scalars { get; } = ReadingSet.Of(SamplePart.Info, SamplePart.Scalars);

    /// <summary>The readings of its network namespace: tcp, udp, conntrack. Absent if the container does not own one.</summary>
    public ReadingSet Protocols { get; } = ReadingSet.Of(SamplePart.Protocols);

    /// <summary>container_connections; null until it is first read.</summary>
    public ReadingSet? Connections { get; private set; }

    /// <summary>container_netfilter: a row for each name in each chain; null until it is first read.</summary>
    public RowTable? Netfilter { get; private set; }

    /// <summary>Whether <see cref="Netfilter"/> was read for this sample. If it was and there is no row, nothing counts.</summary>
    public bool NetfilterRead { get; private set; }

    /// <summary>Further figures of TCP; null until they are first read (<see cref="SampleOptions.TcpDetail"/>).</summary>
    internal TcpDetailSample? TcpDetail { get; private set; }

    /// <summary>A row for each core; the key is the core's number.</summary>
    public RowTable Cores { get; } = RowTable.Of(SamplePart.Cores);

    /// <summary>A row for each block device; the key is the kernel's name, or major:minor if it has none.</summary>
    public RowTable Devices { get; } = RowTable.Of(SamplePart.Devices);

    /// <summary>The bytes over all of <see cref="Devices"/>, each byte once.</summary>
    public DeviceTotals DeviceTotals { get; } = new();

    /// <summary>A row for each resource (<c>cpu</c>, <c>memory</c>, <c>io</c>, <c>irq</c>).</summary>
    public RowTable Pressure { get; } = RowTable.Of(SamplePart.Pressure);

    /// <summary>A row for each page size, as the kernel writes it (<c>2MB</c>).</summary>
    public RowTable Hugetlb { get; } = RowTable.Of(SamplePart.Hugetlb);

    /// <summary>container_limits; null unless <see cref="SampleOptions.Limits"/> is set.</summary>
    public LimitSample? Limits { get; private set; }

    /// <summary>container_memory_detail; null unless <see cref="SampleOptions.MemoryDetail"/> is set.</summary>
    public MemoryDetailSample? MemoryDetail { get; private set; }

    /// <summary>A row for each interface; the key is its name. Empty if the container owns no network namespace.</summary>
    public RowTable Interfaces { get; } = RowTable.Of(SamplePart.Interfaces);

    /// <summary>A row for each queueing discipline; the key is the interface's name, the further ones are in <see cref="NsCollector.Sample.Qdiscs.QdiscTags"/>.</summary>
    public RowTable Qdiscs { get; } = RowTable.Of(SamplePart.Qdiscs);

    /// <summary>Whether <see cref="Qdiscs"/> were read.</summary>
    public bool QdiscsPublished { get; set; }

    /// <summary>A row for each mount with new figures; the key is the mount point in the container.</summary>
    public RowTable Filesystems { get; } = RowTable.Of(SamplePart.Filesystems);

    /// <summary>Whether the figures of <see cref="Filesystems"/> are new. If they are new and there is no row, nothing could be read.</summary>
    public bool FilesystemsPublished { get; set; }

    /// <summary>A row for each remote with connections in the last interval; the key is its address or network. Empty if the container owns no network namespace.</summary>
    public RowTable Flows { get; } = RowTable.Of(SamplePart.Flows);

    /// <summary>Whether <see cref="Flows"/> is of a new interval. If it is and there is no row, there were no connections.</summary>
    public bool FlowsPublished { get; set; }

    /// <summary>The whole memory.stat if <see cref="SampleOptions.MemoryStat"/> is set; else empty.</summary>
    public ReadOnlySpan<byte> MemoryStat => ReportsMemoryStat ? MemoryStatText : default;

    /// <summary>The whole memory.stat, also if only <see cref="SampleOptions.Telegraf"/> is set; else empty.</summary>
    internal ReadOnlySpan<byte> MemoryStatText => _memoryStat.AsSpan(0, _memoryStatLength);

    /// <summary>Whether <see cref="MemoryStat"/> is reported.</summary>
    internal bool ReportsMemoryStat { get; set; } = true;

    /// <summary>The rows of <see cref="Cores"/>, if they are read only for Telegraf's schema.</summary>
    internal RowTable TelegrafCores { get; } = RowTable.Of(SamplePart.Cores);

    /// <summary>User and system time in steps of a tick (cpuacct.stat of cgroup v1); empty unless <see cref="SampleOptions.DockerApi"/> is set.</summary>
    internal ReadingSet CpuTicks { get; } = new(Reading.CpuUserNs, Reading.CpuSystemNs);

    /// <summary>CPU time of the whole host without steal, in nanoseconds, read before the container; 0 unless <see cref="SampleOptions.Telegraf"/> is set.</summary>
    internal long HostCpuNs { get; set; }

    /// <summary>The number of processors that are online, read with <see cref="HostCpuNs"/>; 0 if that is.</summary>
    internal int HostCpus { get; set; }

    /// <summary>
    /// The <see cref="Discover.Container.Key"/> of the container that owns the network namespace, also if that is another one; 0 if
    /// it is the host's, or not known.
    /// </summary>
    internal long NetworkOwnerKey { get; set; }

    /// <summary>How many readings were left out because the kernel's number cannot be; those of the limits are counted when they are read.</summary>
    internal int ImpossibleCount =>
        Scalars.ImpossibleCount + Protocols.ImpossibleCount + (Connections?.ImpossibleCount ?? 0) + Cores.ImpossibleCount + TelegrafCores.ImpossibleCount + Devices.ImpossibleCount
        + Pressure.ImpossibleCount + Hugetlb.ImpossibleCount + Interfaces.ImpossibleCount + Qdiscs.ImpossibleCount + Filesystems.ImpossibleCount + Flows.ImpossibleCount + (Netfilter?.ImpossibleCount ?? 0)
        + (Limits?.ImpossibleCount ?? 0)
        + (MemoryDetail?.ImpossibleCount ?? 0);

    /// <summary>Prepares the limits for a new reading; allocates the first time.</summary>
    internal LimitSample BeginLimits()
    {
        LimitSample limits = Limits ??= new LimitSample();
        limits.WasRead = true;
        return limits;
    }

    /// <summary>Prepares for container_memory_detail; allocates the first time.</summary>
    internal MemoryDetailSample BeginMemoryDetail() => MemoryDetail ??= new MemoryDetailSample();

    /// <summary>Prepares for container_connections; allocates the first time.</summary>
    internal ReadingSet BeginConnections() => Connections ??= ReadingSet.Of(SamplePart.Connections);

    /// <summary>Prepares for container_netfilter; allocates the first time.</summary>
    internal RowTable BeginNetfilter()
    {
        RowTable rows = Netfilter ??= RowTable.Of(SamplePart.Netfilter);
        rows.Clear();
        NetfilterRead = true;
        return rows;
    }

    /// <summary>Prepares for further figures of TCP; allocates the first time.</summary>
    internal TcpDetailSample BeginTcpDetail() => TcpDetail ??= new TcpDetailSample();

    /// <summary>Copies memory.stat.</summary>
    public void SetMemoryStat(ReadOnlySpan<byte> text)
    {
        if (text.Length > _memoryStat.Length) _memoryStat = new byte[Math.Max(4096, text.Length * 2)];
        text.CopyTo(_memoryStat);
        _memoryStatLength = text.Length;
    }

    /// <summary>Copies another sample, without the text of memory.stat. Readings that are not made in each cycle (<see cref="Pace"/>) keep their last value.</summary>
    /// <param name="other">The sample.</param>
    /// <param name="before">The previous sample, with the last values. May be this object.</param>
    internal void Update(ContainerSample other, ContainerSample before)
    {
        ulong kept = other.Scalars.Has(Reading.MemoryWorkingSetBytes) ? 0 : FromMemoryStat;
        Scalars.Update(other.Scalars, before.Scalars, kept);
        bool isWithoutProtocols = other.Protocols.IsEmpty && other.Interfaces.Count > 0;
        Protocols.Update(other.Protocols, before.Protocols, isWithoutProtocols ? ulong.MaxValue : 0);
        if (!isWithoutProtocols) KeepTcpDetail(other.TcpDetail);
        else if (before != this) KeepTcpDetail(before.TcpDetail);
        if (other.Connections is { IsEmpty: false } connections) BeginConnections().CopyFrom(connections);
        else KeepConnections(other, before);
        UpdateNetfilter(other, before);
        if (other.QdiscsPublished) Qdiscs.CopyFrom(other.Qdiscs);
        else if (other.NetworkOwnerKey != before.NetworkOwnerKey) Qdiscs.Clear();
        else if (before != this) Qdiscs.CopyFrom(before.Qdiscs);
        if (other.FilesystemsPublished) Filesystems.CopyFrom(other.Filesystems);
        else KeepFilesystems(before, other.TimestampNs);
        if (other.FlowsPublished) Flows.CopyFrom(other.Flows);
        else if (other.NetworkOwnerKey != before.NetworkOwnerKey) Flows.Clear();
        else if (before != this) Flows.CopyFrom(before.Flows);
        if (other.Limits is { } limits) BeginLimits().Update(limits, before.Limits);
        if (other.MemoryDetail is { } detail) BeginMemoryDetail().CopyFrom(detail);
        TimestampNs = other.TimestampNs;
        NetworkOwnerKey = other.NetworkOwnerKey;
        State = other.State;
        HasCpuWeight = other.HasCpuWeight;
        Cores.CopyFrom(other.Cores);
        Devices.CopyFrom(other.Devices);
        Pressure.CopyFrom(other.Pressure);
        Hugetlb.CopyFrom(other.Hugetlb);
        Interfaces.CopyFrom(other.Interfaces);
    }

    // What is not read in each cycle keeps its last rows, unless the container has left its namespace.
    private void UpdateNetfilter(ContainerSample other, ContainerSample before)
    {
        ContainerSample from = other.NetfilterRead ? other : before;
        bool isKept = from.Netfilter is not null && other.NetworkOwnerKey == from.NetworkOwnerKey;
        if (isKept && from != this) BeginNetfilter().CopyFrom(from.Netfilter!);
        else if (!isKept) Netfilter?.Clear();
    }

    private void KeepTcpDetail(TcpDetailSample? from)
    {
        if (from is { IsEmpty: false }) BeginTcpDetail().CopyFrom(from);
        else TcpDetail?.Clear();
    }

    // The readings of a container that has left its namespace are not kept.
    private void KeepConnections(ContainerSample other, ContainerSample before)
    {
        if (before.Connections is not { IsEmpty: false } last || other.NetworkOwnerKey != before.NetworkOwnerKey)
        {
            Connections?.Clear();
            return;
        }

        ReadingSet kept = BeginConnections();
        if (before != this) kept.CopyFrom(last);
        long laterNs = Math.Max(0, other.TimestampNs - before.TimestampNs);
        AddAge(kept, Reading.ConnectionsAgeNs, laterNs);
        AddAge(kept, Reading.ConnectionsListenAgeNs, laterNs);
    }

    private static void AddAge(ReadingSet readings, Reading age, long laterNs)
    {
        if (readings.TryGet(age, out long ageNs)) readings.Set(age, ageNs + laterNs);
    }

    private void KeepFilesystems(ContainerSample before, long nowNs)
    {
        if (before != this) Filesystems.CopyFrom(before.Filesystems);

        // The realtime clock may have been set back.
        long laterNs = Math.Max(0, nowNs - before.TimestampNs);
        for (int i = 0; i < Filesystems.Count; i++)
        {
            AddAge(Filesystems[i].Readings, Reading.DiskUsedAgeNs, laterNs);
        }
    }

    /// <summary>Removes all readings but keeps the memory.</summary>
    public void Clear()
    {
        TimestampNs = 0;
        State = ContainerState.Unknown;
        Scalars.Clear();
        ClearNetwork();
        Cores.Clear();
        TelegrafCores.Clear();
        CpuTicks.Clear();
        HostCpuNs = 0;
        HostCpus = 0;
        NetworkOwnerKey = 0;
        Devices.Clear();
        DeviceTotals.Clear();
        Pressure.Clear();
        Hugetlb.Clear();
        Limits?.Clear();
        MemoryDetail?.Clear();
        Filesystems.Clear();
        FilesystemsPublished = false;
        Flows.Clear();
        FlowsPublished = false;
        _memoryStatLength = 0;
    }

    /// <summary>Removes the readings of the network visit.</summary>
    public void ClearNetwork()
    {
        Protocols.Clear();
        TcpDetail?.Clear();
        Connections?.Clear();
        Netfilter?.Clear();
        NetfilterRead = false;
        Interfaces.Clear();
        Qdiscs.Clear();
        QdiscsPublished = false;
    }
}
