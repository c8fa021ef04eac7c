using System.Text;
using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.Sample.HostMetrics;

/// <summary>CPU time of the whole host, as dockerd reports it: all columns of /proc/stat up to softirq, without steal. Allocates nothing.</summary>
/// <param name="roots">The host's procfs.</param>
/// <param name="reader">Reads files; of the sampling thread.</param>
/// <param name="counters">Counts failures.</param>
internal sealed class HostCpuTime(HostRoots roots, CgroupFileReader reader, AgentCounters counters)
{
    private readonly byte[] _path = Encoding.UTF8.GetBytes($"{roots.Proc}/stat\0");
    private readonly ReadingSet _cpu = ReadingSet.Of(SamplePart.HostCpu);

    /// <summary>The number of processors that were online at the last <see cref="Read"/>; 0 if it failed.</summary>
    internal int Cpus => _cpu.TryGet(Reading.HostCpuCount, out long cpus) ? (int)cpus : 0;

    /// <summary>Reads it.</summary>
    /// <returns>In nanoseconds, in steps of a tick of USER_HZ; 0 if it cannot be read, which is counted.</returns>
    internal long Read()
    {
        _cpu.Clear();
        int length = reader.ReadAt(Libc.AT_FDCWD, _path, CgroupFileReader.MaxFileBytes);
        if (length > 0 && ProcStatParser.Parse(reader.Text(length), (ulong)BootClock.TickNs, _cpu) && Sum(_cpu) is > 0 and long sum) return sum;
        counters.Add(AgentCounter.ReadErrors);
        _cpu.Clear();
        return 0;
    }

    /// <summary>The sum over the columns that dockerd counts (getSystemCPUUsage in moby's daemon/stats/collector_unix.go); 0 if one is missing.</summary>
    internal static long Sum(ReadingSet cpu)
    {
        long sum = 0;
        for (Reading reading = Reading.HostCpuUserNs; reading <= Reading.HostCpuSoftirqNs; reading++)
        {
            if (!cpu.TryGet(reading, out long ns)) return 0;
            sum += ns;
        }

        return sum;
    }
}
