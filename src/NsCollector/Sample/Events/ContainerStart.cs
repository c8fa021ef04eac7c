using NsCollector.Discover;

namespace NsCollector.Sample.Events;

/// <summary>What is known about the start of a container, until container_start is published. All times are on CLOCK_BOOTTIME, in nanoseconds.</summary>
/// <param name="birth">When its cgroup was created.</param>
internal sealed class ContainerStart(ContainerBirth birth)
{
    internal ContainerBirth Birth { get; } = birth;

    /// <summary>Start time of its first init process; 0 if it is not known yet.</summary>
    internal long ProcessNs { get; set; }

    /// <summary>Start time of the last sample that found no connection; the birth if there was none.</summary>
    internal long UnconnectedNs { get; set; } = birth.BoottimeNs;

    /// <summary>End time of the first sample that found a connection; 0 if there was none.</summary>
    internal long ConnectedNs { get; set; }
}
