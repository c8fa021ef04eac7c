using System.Text;
using Microsoft.Extensions.Logging;
using NsCollector.Catalogue;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.HostMetrics.Filesystems;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.Sample.HostMetrics;

/// <summary>
/// Reads the host itself, from files of procfs, which are opened each time. So additions and removals show in the next cycle. For the
/// sampling thread; a steady reading allocates nothing.
/// </summary>
internal sealed class HostSampler : IDisposable
{
    private static readonly KernelKeys VmstatKeys = KernelKeys.Of("vmstat", isV2: true);

    private readonly HostOptions _options;
    private readonly AgentCounters _counters;
    private readonly CgroupFileReader _reader;
    private readonly Pace _pace;
    private readonly byte[] _stat, _meminfo, _loadavg, _vmstat, _diskstats, _netDev, _conntrackCount, _conntrackMax, _conntrackStat;
    private readonly byte[][] _pressure;
    private readonly FlatKeyedParser _vmstatParser = new(VmstatKeys);
    private readonly Partitions _partitions;
    private readonly CpuTopology _topology;
    private readonly HostInterfaces _interfaces;
    private readonly ConntrackStatistics _conntrackStatistics;
    private readonly FilesystemReader? _filesystems;
    private readonly HostSample _sample = new();
    private bool _isDue;
    private long _nextNs = long.MinValue;
    private long _busyNs = -1, _allNs;

    /// <param name="options">What is read.</param>
    /// <param name="interval">From one cycle to the next.</param>
    /// <param name="roots">The host's procfs and sysfs.</param>
    /// <param name="reader">Reads files; of the sampling thread.</param>
    /// <param name="counters">Counts failures.</param>
    /// <param name="logger">Logs file systems that do not answer.</param>
    internal HostSampler(HostOptions options, TimeSpan interval, HostRoots roots, CgroupFileReader reader, AgentCounters counters, ILogger logger)
    {
        if (options.Enabled && options.Filesystems)
        {
            var selection = new MountSelection($"{roots.Proc}/1/root", options.ExcludeMountPoints, options.MaxFilesystems);
            var log = new RateLimitedLog(logger);
            _filesystems = new FilesystemReader(new HostMounts($"{roots.Proc}/1/mountinfo", selection, counters, log), counters, log);
        }

        _options = options;
        _counters = counters;
        _reader = reader;
        _pace = new Pace(options.Interval, interval);
        _partitions = new Partitions(roots.Sys);
        _topology = new CpuTopology(roots.Sys);
        _interfaces = new HostInterfaces(roots, options, counters);
        _conntrackStatistics = new ConntrackStatistics(roots, counters);
        _stat = PathOf("stat");
        _meminfo = PathOf("meminfo");
        _loadavg = PathOf("loadavg");
        _vmstat = PathOf("vmstat");
        _diskstats = PathOf("diskstats");
        _netDev = PathOf("1/net/dev");
        _conntrackCount = PathOf("sys/net/netfilter/nf_conntrack_count");
        _conntrackMax = PathOf("sys/net/netfilter/nf_conntrack_max");
        _conntrackStat = PathOf("1/net/stat/nf_conntrack");
        _pressure = [.. CgroupFilePlan.Resources.Select(resource => PathOf("pressure/" + Encoding.ASCII.GetString(resource)))];

        byte[] PathOf(string name) => Encoding.UTF8.GetBytes($"{roots.Proc}/{name}\0");
    }

    /// <summary>Begins to ask the file systems, if the host is to be read in this cycle. Returns at once.</summary>
    /// <param name="nowNs">The monotonic clock.</param>
    internal void BeginIfDue(long nowNs)
    {
        _isDue = _options.Enabled && _pace.IsDue(0, ref _nextNs, nowNs);
        if (_isDue) _filesystems?.Begin();
    }

    /// <summary>Reads the host, after <see cref="BeginIfDue"/> said that it is due.</summary>
    /// <returns>Its readings, valid until the next call; null if they are not due.</returns>
    internal HostSample? ReadIfDue()
    {
        if (!_isDue) return null;
        _isDue = false;
        _sample.Clear();
        _sample.TimestampNs = SystemClock.RealtimeNs();
        _sample.UptimeNs = Libc.ClockGettime(Libc.CLOCK_BOOTTIME);
        if (TryRead(_stat, out ReadOnlySpan<byte> text)) Check(ProcStatParser.Parse(text, (ulong)BootClock.TickNs, _sample.Cpu, _options.CpuCores ? _sample.Processors : null));
        _topology.Set(_sample.Cpu);
        DeriveCpu();
        if (TryRead(_meminfo, out text)) Check(MeminfoParser.Parse(text, _sample.Memory));
        DeriveMemory();
        if (TryRead(_loadavg, out text)) Check(LoadavgParser.Parse(text, _sample.Load));
        if (TryRead(_vmstat, out text)) Check(_vmstatParser.Parse(text, _sample.Vmstat) == 0);
        if (TryRead(_diskstats, out text))
        {
            Check(DiskstatsParser.Parse(text, _partitions, _sample.Disks, _options.MaxDisks, out int overLimit));
            if (overLimit > 0) _counters.Add(AgentCounter.DevicesOverLimit, overLimit);
        }

        _filesystems?.Collect(_sample.Filesystems);
        if (TryRead(_netDev, out text, _interfaces.MaxBytes)) Check(_interfaces.Parse(text, _sample.Interfaces, SystemClock.MonotonicNs()));
        for (int i = 0; i < _pressure.Length; i++)
        {
            // Without PSI at all, or switched off: the file is missing, or cannot be read.
            if (TryRead(_pressure[i], out text, isOptional: true)) Check(PressureParser.Parse(text, _sample.Pressure.Add(CgroupFilePlan.Resources[i]).Readings) == 0);
        }

        // The kernel resolves these for the network namespace of the reader, not for the process whose procfs it is.
        if (_interfaces.IsInHostNamespace) ReadConntrack();
        if (_sample.ImpossibleCount is > 0 and int impossible) _counters.Add(AgentCounter.ValuesImpossible, impossible);
        return _sample;
    }

    private void ReadConntrack()
    {
        if (TryRead(_conntrackCount, out ReadOnlySpan<byte> text, isOptional: true)) Check(ConntrackParser.Parse(text, Reading.ConntrackCount, _sample.Conntrack));
        if (TryRead(_conntrackMax, out text, isOptional: true)) Check(ConntrackParser.Parse(text, Reading.ConntrackMax, _sample.Conntrack));
        if (!_sample.Conntrack.Has(Reading.ConntrackCount)) return;
        if (TryRead(_conntrackStat, out text, ConntrackStatParser.MaxBytes, isOptional: true)) Check(ConntrackStatParser.Parse(text, _sample.Conntrack));
        else _conntrackStatistics.ReadHere(_sample.Conntrack);
    }

    /// <summary>Whether every file system that can has answered, for tests.</summary>
    internal bool AreFilesystemsIdle => _filesystems?.IsIdle != false;

    /// <summary>Asks its thread to end.</summary>
    public void Dispose() => _filesystems?.Dispose();

    private void DeriveCpu()
    {
        ReadingSet cpu = _sample.Cpu;
        long all = 0, idle = 0;
        for (Reading reading = Reading.HostCpuUserNs; reading <= Reading.HostCpuStealNs; reading++)
        {
            if (!cpu.TryGet(reading, out long ns))
            {
                _busyNs = -1;
                return;
            }

            all += ns;
            if (reading is Reading.HostCpuIdleNs or Reading.HostCpuIowaitNs or Reading.HostCpuStealNs) idle += ns;
        }

        // iowait and steal can fall (Documentation/filesystems/proc.rst), and idle jumps when a processor goes offline.
        long busy = all - idle;
        if (_busyNs >= 0 && all > _allNs && busy >= _busyNs && busy - _busyNs <= all - _allNs)
            cpu.SetDouble(Reading.HostCpuUsagePercent, 100.0 * (busy - _busyNs) / (all - _allNs));
        (_busyNs, _allNs) = (busy, all);
    }

    private void DeriveMemory()
    {
        ReadingSet memory = _sample.Memory;
        if (memory.TryGet(Reading.HostMemoryTotalBytes, out long total) && memory.TryGet(Reading.HostMemoryAvailableBytes, out long available)
            && total > 0 && available <= total)
        {
            memory.SetDouble(Reading.HostMemoryUsagePercent, 100.0 * (total - available) / total);
        }
    }

    private bool TryRead(byte[] path, out ReadOnlySpan<byte> text, int maxBytes = CgroupFileReader.MaxFileBytes, bool isOptional = false)
    {
        int length = _reader.ReadAt(Libc.AT_FDCWD, path, maxBytes);
        text = length > 0 ? _reader.Text(length) : default;
        if (length > 0) return true;
        Check(isOptional && (length is -Errno.ENOENT or -Errno.EOPNOTSUPP));
        return false;
    }

    private void Check(bool understood)
    {
        if (!understood) _counters.Add(AgentCounter.ReadErrors);
    }
}
