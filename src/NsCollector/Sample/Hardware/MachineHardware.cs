using System.Collections.Immutable;

namespace NsCollector.Sample.Hardware;

/// <summary>What the kernel says of the machine and does not change while it runs, except by plugging. Immutable.</summary>
internal sealed record MachineHardware
{
    /// <summary>The maker of the processors, as the processors say it; null if unknown.</summary>
    public string? Vendor { get; init; }

    /// <summary>The highest clock rate of the processors, in kHz; null if unknown.</summary>
    public long? FrequencyKhz { get; init; }

    /// <summary>The memory that the kernel manages (MemTotal of /proc/meminfo), in bytes; null if unknown.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The size of the swap areas (SwapTotal of /proc/meminfo), in bytes; null if unknown.</summary>
    public long? SwapBytes { get; init; }

    /// <summary>The kernel's release: uname -r; null if unknown.</summary>
    public string? KernelRelease { get; init; }

    /// <summary>The name of the operating system (PRETTY_NAME in os-release(5)); null if unknown.</summary>
    public string? OperatingSystem { get; init; }

    /// <summary>The huge pages, by size.</summary>
    public ImmutableArray<HugePagePool> HugePages { get; init; } = [];

    /// <summary>The block devices, without loop, RAM and optical drives.</summary>
    public ImmutableArray<HardwareDisk> Disks { get; init; } = [];

    /// <summary>The network interfaces, without loopback and those of containers, in the agent's network namespace.</summary>
    public ImmutableArray<HardwareInterface> Interfaces { get; init; } = [];

    /// <summary>The memory nodes with their cores; one if the kernel does not know nodes.</summary>
    public ImmutableArray<HardwareNode> Nodes { get; init; } = [];

    /// <summary>How many processors are online; null if unknown.</summary>
    internal long? ThreadCount => CountOf(Cores.Sum(core => core.Threads.Length));

    /// <summary>How many physical cores they have; null if unknown.</summary>
    internal long? CoreCount => CountOf(Cores.Count());

    /// <summary>How many sockets they have; null if unknown.</summary>
    internal long? SocketCount => CountOf(Cores.Select(core => core.Socket).Distinct().Count());

    private IEnumerable<HardwareCore> Cores => Nodes.SelectMany(node => node.Cores);

    private static long? CountOf(int count) => count > 0 ? count : null;
}
