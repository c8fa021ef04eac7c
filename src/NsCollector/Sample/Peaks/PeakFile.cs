using NsCollector.Sample.Cgroup;

namespace NsCollector.Sample.Peaks;

/// <summary>A cgroup file of one container that looks read. It is held open, apart from the files that cycles hold.</summary>
internal sealed class PeakFile
{
    /// <summary>Its descriptor; -1 if it is not open.</summary>
    internal int Descriptor { get; set; } = -1;

    /// <summary>The file of the plan; only defined if it is open.</summary>
    internal CgroupFile? File { get; set; }

    internal bool IsOpen => Descriptor >= 0;
}
