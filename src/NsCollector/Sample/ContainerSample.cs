using NsCollector.Catalogue;

namespace NsCollector.Sample;

/// <summary>
/// Everything that one cycle read of one container. One such object lives as long as its container and is filled anew
/// each cycle, on the sampling thread; Encode reads it there before the next cycle begins.
/// </summary>
internal sealed class ContainerSample
{
    private byte[] _memoryStat = [];
    private int _memoryStatLength;

    /// <summary>When the container was read: nanoseconds since the epoch, on the realtime clock.</summary>
    public long TimestampNs { get; set; }

    /// <summary>What it is doing.</summary>
    public ContainerState State { get; set; }

    /// <summary>The readings that there is one of a container: info, cpu, memory, pids.</summary>
    public ReadingSet Scalars { get; } = ReadingSet.Of(SamplePart.Info, SamplePart.Scalars);

    /// <summary>The readings of its network namespace, where this container owns one: tcp, udp, conntrack.</summary>
    public ReadingSet Protocols { get; } = ReadingSet.Of(SamplePart.Protocols);

    /// <summary>A row a core; the key is the core's number.</summary>
    public RowTable Cores { get; } = RowTable.Of(SamplePart.Cores);

    /// <summary>A row a block device; the key is the kernel's name, or major:minor where it has none.</summary>
    public RowTable Devices { get; } = RowTable.Of(SamplePart.Devices);

    /// <summary>A row a resource (<c>cpu</c>, <c>memory</c>, <c>io</c>, <c>irq</c>).</summary>
    public RowTable Pressure { get; } = RowTable.Of(SamplePart.Pressure);

    /// <summary>A row a page size, as the kernel writes it (<c>2MB</c>).</summary>
    public RowTable Hugetlb { get; } = RowTable.Of(SamplePart.Hugetlb);

    /// <summary>A row an interface; the key is its name. Empty where this container owns no network namespace.</summary>
    public RowTable Interfaces { get; } = RowTable.Of(SamplePart.Interfaces);

    /// <summary>The whole of memory.stat, where <see cref="SampleOptions.MemoryStat"/> asks for it; else empty.</summary>
    public ReadOnlySpan<byte> MemoryStat => _memoryStat.AsSpan(0, _memoryStatLength);

    /// <summary>Keeps a copy of memory.stat.</summary>
    public void SetMemoryStat(ReadOnlySpan<byte> text)
    {
        if (text.Length > _memoryStat.Length) _memoryStat = new byte[Math.Max(4096, text.Length * 2)];
        text.CopyTo(_memoryStat);
        _memoryStatLength = text.Length;
    }

    /// <summary>Forgets everything but the memory it takes.</summary>
    public void Clear()
    {
        TimestampNs = 0;
        State = ContainerState.Unknown;
        Scalars.Clear();
        ClearNetwork();
        Cores.Clear();
        Devices.Clear();
        Pressure.Clear();
        Hugetlb.Clear();
        _memoryStatLength = 0;
    }

    /// <summary>Forgets what the network visit read.</summary>
    public void ClearNetwork()
    {
        Protocols.Clear();
        Interfaces.Clear();
    }
}
