using NsCollector.Linux.Bpf;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Sample.Peaks;

/// <summary>A cgroup file of one container that looks read, held open apart from the files that cycles hold; or the record in its place.</summary>
internal sealed class PeakFile
{
    /// <summary>Its descriptor; -1 if it is not open.</summary>
    internal int Descriptor { get; set; } = -1;

    /// <summary>The file of the plan; only defined if it is open.</summary>
    internal CgroupFile? File { get; set; }

    /// <summary>Where its number is in the container's record; <see cref="RecordParts.None"/> if the file is read.</summary>
    internal RecordParts Part { get; set; }

    internal bool IsRecord => Part != RecordParts.None;

    internal bool IsOpen => Descriptor >= 0 || IsRecord;
}
