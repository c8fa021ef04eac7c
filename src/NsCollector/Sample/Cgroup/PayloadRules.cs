using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// The rules about the payload: the cgroup below the container's own in which some runtimes put its processes
/// (<see cref="CarriedState.HasPayload"/>).
/// </summary>
internal static class PayloadRules
{
    /// <summary>Whether a file of the payload has to be read.</summary>
    internal static bool IsNeeded(CarriedState carried, CgroupFile file) =>
        carried.HasPayload && (file.Kind != CgroupFileKind.CpuStat || carried.HasPayloadQuota);

    /// <summary>
    /// A file could not be read with the limits. A missing payload is a valid result. If it exists and its limit cannot be
    /// read, the limit of the container's own cgroup alone would be a guess, so it is removed.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="isMissing">Whether it does not exist; else reading it failed.</param>
    /// <param name="reading">The current reading.</param>
    internal static void ApplyFailure(CgroupFile file, bool isMissing, ref CgroupReading reading)
    {
        CarriedState carried = reading.Carried;
        switch (file.Kind)
        {
            case CgroupFileKind.PayloadEventsV2 or CgroupFileKind.PayloadProcsV1:
                if (isMissing) carried.HasPayload = false;
                break;
            case CgroupFileKind.CpuMaxV2 or CgroupFileKind.CpuQuotaV1 or CgroupFileKind.CpuPeriodV1 when file.IsPayload:
                reading.QuotaV1 = null;
                carried.IsCpuLimitUnknown |= !isMissing;
                if (isMissing) carried.HasPayloadQuota = false;
                else carried.RemoveCpuLimit();
                break;
            case CgroupFileKind.CpuMaxV2 or CgroupFileKind.CpuQuotaV1 or CgroupFileKind.CpuPeriodV1:
                carried.IsCpuLimitUnknown |= !isMissing;
                break;
            case CgroupFileKind.MemoryLimit when file.IsPayload && isMissing:
                // The controller is not enabled in the payload's cgroup.
                carried.MemoryLimitKnown |= reading.IsOwnMemoryUnlimited;
                break;
            case CgroupFileKind.MemoryLimit when file.IsPayload:
                carried.Limits.Remove(Reading.MemoryLimitBytes);
                carried.MemoryLimitKnown = false;
                break;
            case CgroupFileKind.Limit when file.IsPayload && !isMissing:
                carried.Limits.Remove(file.Reading);
                break;
        }
    }

    /// <summary>A file of the payload could not be read. The container's own counts alone would be lower than before.</summary>
    internal static void RemoveCounts(CgroupFile file, ReadingSet scalars)
    {
        if (file.Kind == CgroupFileKind.Value) scalars.Remove(file.Reading);
        else if (file.Kind == CgroupFileKind.Processes) scalars.Remove(Reading.PidsProcesses);
        else if (file.Kind is CgroupFileKind.Keyed or CgroupFileKind.PidsEvents) file.Parser!.Remove(scalars);
    }

    /// <summary>
    /// Whether the init process is in <c>container</c> below the container's cgroup. A container may itself create a cgroup of
    /// that name; then its init process is elsewhere.
    /// </summary>
    /// <returns>Null if that is not known: there is no init process, or it has exited.</returns>
    /// <param name="cgroup">The container's cgroup.</param>
    /// <param name="hierarchies">All hierarchies.</param>
    /// <param name="index">Index of the one to compare.</param>
    /// <param name="reader">Reads the file.</param>
    /// <param name="counters">Counts failures.</param>
    internal static bool? IsInitInPayload(ContainerCgroup cgroup, CgroupHierarchy[] hierarchies, int index, CgroupFileReader reader, AgentCounters counters)
    {
        if (cgroup.Init is not { Descriptor: >= 0 } init) return null;
        int length = reader.ReadAt(init.Descriptor, "cgroup\0"u8);
        if (length < 0)
        {
            if (length is not (-Errno.ENOENT or -Errno.ESRCH)) counters.Add(AgentCounter.ReadErrors);
            return null;
        }

        ReadOnlySpan<byte> text = reader.Text(length);

        // Compared by the last component: the path is relative to the agent's cgroup namespace, the directory to a mount.
        ReadOnlySpan<byte> directory = cgroup.Directories[index];
        ReadOnlySpan<byte> name = directory[directory[..^1].LastIndexOf((byte)'/')..];
        foreach (Range range in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = text[range];
            if (IsOf(line, hierarchies[index])) return line.EndsWith("container"u8) && line[..^"container".Length].EndsWith(name);
        }

        return null;
    }

    /// <summary>Whether a line of /proc/PID/cgroup is of a hierarchy: <c>0::PATH</c>, or on v1 <c>ID:CONTROLLER,CONTROLLER:PATH</c>.</summary>
    private static bool IsOf(ReadOnlySpan<byte> line, CgroupHierarchy hierarchy)
    {
        if (hierarchy.IsV2) return line.StartsWith("0::"u8);
        ReadOnlySpan<byte> controllers = line[(line.IndexOf((byte)':') + 1)..];
        int end = controllers.IndexOf((byte)':');
        if (end < 0) return false;
        controllers = controllers[..end];
        foreach (Range part in controllers.Split((byte)','))
        {
            if (Ascii.Equals(controllers[part], hierarchy.Controllers[0])) return true;
        }

        return false;
    }
}
