using NsCollector.Sample.Cgroup;

namespace NsCollector.Sample.Peaks;

/// <summary>What one container has between two samples: the files that looks read, and the highest values since the last sample.</summary>
/// <param name="cgroup">Where its files are.</param>
internal sealed class ContainerPeaks(ContainerCgroup cgroup)
{
    /// <summary>CPU usage of the windows between two looks.</summary>
    internal CpuWindow Cpu;

    /// <summary>Throttling of the windows between looks.</summary>
    internal ThrottlingWindow Throttling;

    /// <summary>The same for the windows between two samples.</summary>
    internal ThrottlingWindow CycleThrottling;

    internal ContainerCgroup Cgroup { get; } = cgroup;

    /// <summary>The file with the CPU time.</summary>
    internal PeakFile CpuFile { get; } = new();

    /// <summary>The file with the throttled periods, if it is another one.</summary>
    internal PeakFile ThrottlingFile { get; } = new();

    /// <summary>Whether <see cref="CpuFile"/> has the throttled periods too, and they are those of the container's quota.</summary>
    internal bool IsThrottlingInCpuFile { get; set; }

    /// <summary>The file with the memory in use, or memory.peak if <see cref="ResetsMemoryPeak"/>.</summary>
    internal PeakFile MemoryFile { get; } = new();

    /// <summary>Whether <see cref="MemoryFile"/> is memory.peak, whose value since the last sample the kernel keeps itself.</summary>
    internal bool ResetsMemoryPeak { get; set; }

    /// <summary>The highest memory in use of all looks since the last sample, in bytes; negative if there was none.</summary>
    internal long MemoryMaxBytes { get; set; } = -1;

    /// <summary>Its index in the reader's list; -1 if no file is open.</summary>
    internal int Index { get; set; } = -1;
}
