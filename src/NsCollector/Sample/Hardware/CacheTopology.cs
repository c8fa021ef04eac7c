using System.Collections.Immutable;
using System.Globalization;

namespace NsCollector.Sample.Hardware;

/// <summary>
/// The physical cores of a memory node and their caches: /sys/devices/system/cpu/cpuN/topology and cache
/// (Documentation/ABI/testing/sysfs-devices-system-cpu).
/// </summary>
/// <param name="sys">Where sysfs is mounted.</param>
/// <param name="threads">The processors of the node.</param>
internal sealed class CacheTopology(string sys, List<int> threads)
{
    private const int MaxCaches = 16;

    /// <summary>Reads them.</summary>
    internal (ImmutableArray<HardwareCore> Cores, ImmutableArray<HardwareCache> OfNode) Read()
    {
        var cores = ImmutableArray.CreateBuilder<HardwareCore>();
        var ofNode = ImmutableArray.CreateBuilder<HardwareCache>();
        foreach (IGrouping<(long Socket, long Core), int> core in threads.Select(thread => (Key: CoreOf(thread), thread)).GroupBy(one => one.Key, one => one.thread))
        {
            HashSet<int> own = [.. core];
            var caches = ImmutableArray.CreateBuilder<HardwareCache>();
            var shared = ImmutableArray.CreateBuilder<HardwareCache>();
            string directory = $"{sys}/devices/system/cpu/cpu{core.First()}/cache";
            for (int i = 0; i < MaxCaches && CacheIn($"{directory}/index{i}") is { } cache; i++)
            {
                List<int> users = SmallFile.List(SmallFile.Text($"{directory}/index{i}/shared_cpu_list"), threads.Count + 1);
                if (own.IsSupersetOf(users)) caches.Add(cache);
                else if (!threads.TrueForAll(users.Contains)) shared.Add(cache);
                else if (!ofNode.Contains(cache)) ofNode.Add(cache);
            }

            cores.Add(new HardwareCore(core.Key.Core, core.Key.Socket, [.. core], caches.ToImmutable(), shared.ToImmutable()));
        }

        return (cores.ToImmutable(), ofNode.ToImmutable());
    }

    private (long Socket, long Core) CoreOf(int thread)
    {
        string topology = $"{sys}/devices/system/cpu/cpu{thread}/topology";
        return (SmallFile.Number($"{topology}/physical_package_id") ?? 0, SmallFile.Number($"{topology}/core_id") ?? thread);
    }

    private static HardwareCache? CacheIn(string directory)
    {
        if (SmallFile.Number($"{directory}/level") is not { } level || SmallFile.Text($"{directory}/type") is not { } type) return null;
        return new HardwareCache(SmallFile.Number($"{directory}/id") ?? 0, SizeOf(SmallFile.Text($"{directory}/size") ?? ""), type, level);
    }

    // "48K", "32M"
    private static long SizeOf(string text)
    {
        int shift = text.EndsWith('K') ? 10 : text.EndsWith('M') ? 20 : 0;
        return long.TryParse(text.AsSpan().TrimEnd("KM"), NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? size << shift : 0;
    }
}
