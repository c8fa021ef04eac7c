using System.Globalization;
using NsCollector.Host.Configuration;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample.Cgroup;

namespace NsCollector.Host.Check;

/// <summary>What the kernel charges to this process's cgroup, and whether that leaves room for held files.</summary>
internal static class MemoryCheck
{
    private const long MiB = 1 << 20;

    internal static Finding OwnCgroup(OwnMemoryCgroup? memory)
    {
        if (memory is null) return Finding.Ok("memory: the cgroup of this process is not visible, so its limit is unknown");
        string text = memory.Charge.UsageBytes is { } usage
            ? $"memory: {Printable.Text(memory.Directory)} is charged {Size(usage)}{(memory.Charge.KernelBytes is { } kernel ? $", of it {Size(kernel)} memory of the kernel" : "")}"
            : $"memory: {Printable.Text(memory.Directory)} has no charge of its own";
        if (memory is not { RoomBytes: { } room, LimitBytes: { } limit }) return Finding.Ok(text + "; no limit");
        long files = Math.Max(0, HeldFilesBudget.FilesFor(room, limit));
        text += string.Create(CultureInfo.InvariantCulture, $"; limit {Size(limit)}, enough to hold {files} cgroup files open");
        return files > 0 ? Finding.Ok(text) : Finding.Warn(text + "; raise MemoryMax= of the unit, or the memory limit of the container");
    }

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / MiB} MiB");
}
