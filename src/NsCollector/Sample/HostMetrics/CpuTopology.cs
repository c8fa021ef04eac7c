using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.HostMetrics;

/// <summary>
/// How many physical cores and sockets the online processors are on: /sys/devices/system/cpu/cpuN/topology (drivers/base/topology.c;
/// Documentation/admin-guide/cputopology.rst). Read again only if the number of online processors has changed.
/// </summary>
/// <param name="sys">Where sysfs is mounted.</param>
internal sealed class CpuTopology(string sys)
{
    private const int MaxListBytes = 4096;

    private readonly byte[] _text = new byte[MaxListBytes];
    private long _processors = -1;
    private int _cores, _sockets;

    /// <summary>Sets both readings; leaves out those that the kernel does not report.</summary>
    /// <param name="into">The readings, with <see cref="Reading.HostCpuCount"/>.</param>
    internal void Set(ReadingSet into)
    {
        if (!into.TryGet(Reading.HostCpuCount, out long processors)) return;
        if (processors != _processors) Read();
        _processors = processors;
        if (_cores > 0) into.Set(Reading.HostCpuPhysicalCores, _cores);
        if (_sockets > 0) into.Set(Reading.HostCpuSockets, _sockets);
    }

    private void Read()
    {
        HashSet<string> cores = [], sockets = [];
        bool hasCores = true, hasSockets = true;
        string directory = $"{sys}/devices/system/cpu";
        foreach (string name in NamesOf(directory))
        {
            // An offline processor has no topology.
            string topology = $"{directory}/{name}/topology";
            if (!Directory.Exists(topology)) continue;

            // The processors that share a core; thread_siblings_list before Linux 5.3.
            hasCores &= TryAdd(cores, $"{topology}/core_cpus_list") || TryAdd(cores, $"{topology}/thread_siblings_list");
            hasSockets &= TryAdd(sockets, $"{topology}/physical_package_id");
        }

        _cores = hasCores ? cores.Count : 0;

        // -1: the architecture does not know it.
        _sockets = hasSockets && !sockets.Contains("-1") ? sockets.Count : 0;
    }

    // cpu0, but not cpufreq.
    private static string[] NamesOf(string directory)
    {
        if (!Directory.Exists(directory)) return [];
        return [.. Directory.EnumerateDirectories(directory, "cpu*").Select(path => Path.GetFileName(path)).Where(name => name.Length > 3 && !name.AsSpan(3).ContainsAnyExceptInRange('0', '9'))];
    }

    private bool TryAdd(HashSet<string> into, string path)
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"));
        if (descriptor < 0) return false;
        int length = Libc.Pread(descriptor, _text, 0);
        Libc.Close(descriptor);
        if (length <= 0 || length == _text.Length) return false;
        into.Add(Encoding.ASCII.GetString(_text.AsSpan(0, length).TrimEnd((byte)'\n')));
        return true;
    }
}
