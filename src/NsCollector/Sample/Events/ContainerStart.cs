using NsCollector.Discover;

namespace NsCollector.Sample.Events;

/// <summary>What is known of the start of a container until container_start is published. All times are on CLOCK_BOOTTIME, in nanoseconds.</summary>
/// <param name="birth">When its cgroup was created.</param>
internal sealed class ContainerStart(ContainerBirth birth)
{
    internal ContainerBirth Birth { get; } = birth;

    /// <summary>When its first init process started; 0 if that is not known yet.</summary>
    internal long ProcessNs { get; set; }

    /// <summary>When the last sample began that found no connection; the birth if there was none.</summary>
    internal long UnconnectedNs { get; set; } = birth.BoottimeNs;

    /// <summary>When a sample ended that found a connection; 0 if none has.</summary>
    internal long ConnectedNs { get; set; }
}
