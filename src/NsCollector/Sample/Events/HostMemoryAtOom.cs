using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.HostMetrics;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Events;

/// <summary>Reads the host's memory when an OOM kill is processed. For the sampling thread.</summary>
/// <param name="roots">The host's procfs.</param>
/// <param name="reader">The file reader of the sampling thread.</param>
/// <param name="counters">Counts failures.</param>
internal sealed class HostMemoryAtOom(HostRoots roots, CgroupFileReader reader, AgentCounters counters)
{
    // So that a burst of OOM kills does not cause a burst of reads.
    private const long ReuseNs = 10_000_000;

    private readonly byte[] _path = System.Text.Encoding.UTF8.GetBytes($"{roots.Proc}/meminfo\0");
    private readonly ReadingSet _memory = ReadingSet.Of(SamplePart.HostMemory);
    private long _readNs = long.MinValue / 2;

    /// <summary>Sets the fields of container_oom that repeat host_memory.</summary>
    /// <param name="oom">Receives them.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    internal void Read(ReadingSet oom, long nowNs)
    {
        if (nowNs - _readNs > ReuseNs)
        {
            _readNs = nowNs;
            _memory.Clear();
            int length = reader.ReadAt(Libc.AT_FDCWD, _path);
            if (length <= 0 || !MeminfoParser.Parse(reader.Text(length), _memory)) counters.Add(AgentCounter.ReadErrors);
        }

        foreach ((Reading from, Reading to) in SampleCopies.Oom.HostMemory)
        {
            if (_memory.TryGet(from, out long value)) oom.Set(to, value);
        }
    }
}
