using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.Sample.Block;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Net;
using NsCollector.Sample.Traffic;
using NsCollector.Telemetry;

namespace NsCollector.Sample.Events;

/// <summary>
/// Parses the texts that the watch read at an exit or OOM kill. For the sampling thread; allocates nothing in a steady state.
/// </summary>
internal sealed class EventParser
{
    // Devices are summed, not reported one by one, so the configured limit on rows does not apply.
    private const int MaxDevices = 65_536;

    private readonly WatchedFiles _files;
    private readonly AgentCounters _counters;
    private readonly CgroupFileDispatch _dispatch;
    private readonly ContainerSample _texts = new();
    private readonly CarriedState _limits = new(0);
    private readonly ExitSample _exit = new();
    private readonly OomSample _oom = new();

    /// <param name="files">The files of the texts.</param>
    /// <param name="roots">sysfs, for the names of block devices.</param>
    /// <param name="options">How long those names are cached.</param>
    /// <param name="counters">Counts malformed texts.</param>
    /// <param name="layers">What lies below each block device.</param>
    internal EventParser(WatchedFiles files, HostRoots roots, SampleOptions options, AgentCounters counters, BlockLayers layers)
    {
        _files = files;
        _counters = counters;
        SampleOptions textOptions = options with { MaxDevices = MaxDevices, MemoryStat = false, Telegraf = false, DockerApi = false, Limits = false, MemoryDetail = false };
        _dispatch = new CgroupFileDispatch(files.Cycle, roots, textOptions, counters, new DeviceTotalsCalculator(layers, learns: false));
    }

    /// <summary>The readings of an exit: from the texts, and otherwise the totals of the last sample.</summary>
    /// <param name="next">The exit.</param>
    /// <param name="last">Those totals; null if the container was never sampled.</param>
    /// <param name="network">The totals of the network namespace that it owned; null if it owned none, or they are not known.</param>
    /// <param name="isNetworkFinal">Whether those are everything.</param>
    /// <param name="monotonicNs">Now.</param>
    /// <param name="hasPayload">Whether its processes were in a cgroup below its own, which the watch does not read.</param>
    /// <returns>The same object each time.</returns>
    internal ExitSample ParseExit(ContainerExit next, ReadingSet? last, NetworkTotals? network, bool isNetworkFinal, long monotonicNs, bool hasPayload = false)
    {
        ExitSample exit = _exit;
        ReadingSet into = exit.Readings;
        into.Clear();
        exit.Flows.Clear();
        exit.TimestampNs = next.TimestampNs;
        if (next.LifetimeNs is { } lifetime) into.Set(Reading.ExitLifetimeNs, lifetime);
        if (next.ExitCode is { } code) into.Set(Reading.ExitCode, code);
        if (next.ExitSignal is { } signal) into.Set(Reading.ExitSignal, signal);
        into.Set(Reading.ExitReason, (long)next.Reason);
        if (next.Container.State is { } state)
        {
            if (state.RestartCount is { } restarts) into.Set(Reading.ExitRestartCount, restarts);
            if (state.Health != HealthStatus.None) into.Set(Reading.ExitHealthStatus, (long)state.Health);
        }


        Parse(next.Texts, monotonicNs);
        ParseProtocols(next.Texts, exit.Protocols);
        Copy(SampleCopies.Exit, into);

        // v1 counts them only in the cgroup of the killed process.
        if (hasPayload && !_files.Cycle.UnifiedMemory) into.Remove(Reading.ExitOomKills);

        // A count never falls: an earlier count proves a kill, but not that there was none.
        bool areKillsFinal = next.IsFinal && into.Has(Reading.ExitOomKills);
        bool fromTexts = false, fromSample = false;
        for (Reading total = Reading.ExitCpuUsageNs; total <= Reading.ExitWriteBytes; total++)
        {
            if (into.Has(total))
            {
                fromTexts = true;
            }
            else if (last is not null && last.TryGet(total, out long value))
            {
                into.Set(total, value);
                fromSample = true;
            }
        }

        if (into.TryGet(Reading.ExitOomKills, out long kills) && (kills > 0 || areKillsFinal)) into.Set(Reading.ExitOomKilled, kills > 0 ? 1 : 0);
        exit.WasRead = fromTexts;
        into.Set(Reading.ExitFinal, next.IsFinal && fromTexts && !fromSample ? 1 : 0);
        if (network is { } totals) exit.SetNetwork(totals, isNetworkFinal);
        else if (last is not null) SetLastNetwork(last, into);
        return exit;
    }

    /// <summary>The readings of OOM kills.</summary>
    /// <param name="next">The OOM kills.</param>
    /// <param name="limits">As last read, if a cgroup whose texts were not read may set the limit; else null.</param>
    /// <param name="last">The last sample of the container; null if there is none.</param>
    /// <param name="monotonicNs">Now.</param>
    /// <returns>The same object each time.</returns>
    internal OomSample ParseOom(ContainerOom next, ReadingSet? limits, ReadingSet? last, long monotonicNs)
    {
        OomSample oom = _oom;
        ReadingSet into = oom.Readings;
        into.Clear();
        oom.TimestampNs = next.TimestampNs;
        into.Set(Reading.OomKills, next.Kills);
        Parse(next.Texts, monotonicNs);
        Copy(SampleCopies.Oom, into);
        if (limits is not null && limits.TryGet(Reading.MemoryLimitBytes, out long limit) && (!into.TryGet(Reading.OomLimitBytes, out long own) || limit < own))
            into.Set(Reading.OomLimitBytes, limit);
        if (last is not null && last.TryGet(Reading.MemoryEffectiveLimitBytes, out long effective))
            into.Set(Reading.OomEffectiveLimitBytes, into.TryGet(Reading.OomLimitBytes, out own) ? Math.Min(own, effective) : effective);
        for (int i = 0; i < _files.Files.Length; i++)
        {
            // Malformed lines were counted by the parse above.
            if (_files.Files[i].OomParser is { } parser) parser.Parse(next.Texts[i], into);
        }

        _counters.Add(AgentCounter.ValuesImpossible, into.ImpossibleCount);

        return oom;
    }

    private static void SetLastNetwork(ReadingSet last, ReadingSet into)
    {
        if (!last.TryGet(Reading.ExitRxBytes, out long rx) || !last.TryGet(Reading.ExitTxBytes, out long tx)) return;
        into.Set(Reading.ExitRxBytes, rx);
        into.Set(Reading.ExitTxBytes, tx);
        into.Set(Reading.ExitNetworkFinal, 0);
    }

    private void Copy(SampleCopies copies, ReadingSet into)
    {
        foreach ((Reading from, Reading to) in copies.Scalars)
        {
            if (_texts.Scalars.TryGet(from, out long value)) into.Set(to, value);
        }

        foreach ((Reading from, Reading to) in copies.Devices)
        {
            if (_texts.DeviceTotals.TryGet(from, out long sum)) into.Set(to, sum);
        }
    }

    private void ParseProtocols(WatchTexts texts, ReadingSet into)
    {
        into.Clear();
        bool wasUnderstood = true;
        for (int i = 0; i < _files.Namespace.Length; i++)
        {
            int index = _files.Files.Length + i;
            NamespaceFile file = _files.Namespace[i];
            if (texts.Has(index))
            {
                wasUnderstood &= file.Parse(texts[index], into);
            }
            else if (texts.Error(index) is not (0 or -Errno.ENOENT))
            {
                foreach (Reading reading in file.Completes) into.Remove(reading);
                wasUnderstood = false;
            }
        }

        if (!wasUnderstood) _counters.Add(AgentCounter.ReadErrors);
        _counters.Add(AgentCounter.ValuesImpossible, into.ImpossibleCount);
    }

    private void Parse(WatchTexts texts, long monotonicNs)
    {
        _texts.Clear();
        _limits.BeginLimits();
        var reading = new CgroupReading(_texts, _limits, isWithLimits: true, monotonicNs);
        bool hasDevices = false;
        for (int i = 0; i < _files.Files.Length; i++)
        {
            // Removed with its cgroup, or not in this kernel: no reading, and no error.
            if (texts.Error(i) is not (0 or -Errno.ENOENT or -Errno.ENODEV or -Errno.ENOTDIR or -Errno.EOPNOTSUPP)) _counters.Add(AgentCounter.ReadErrors);
            if (!texts.Has(i)) continue;
            CgroupFile file = _files.Files[i];

            // Of several files with the same counters: the one with the finer unit, or the first that names a device.
            if ((file.Kind == CgroupFileKind.CpuacctStat && _texts.Scalars.Has(Reading.CpuUserNs)) || (file.Chain >= 0 && hasDevices)) continue;

            // A sum over a truncated text would be too low.
            bool isOfDevices = file.Chain >= 0 || file.Kind == CgroupFileKind.IoStatV2;
            if (isOfDevices && texts[i][^1] != KernelText.LineFeed)
            {
                _counters.Add(AgentCounter.ReadErrors);
                continue;
            }

            _dispatch.Parse(file, texts[i], ref reading);
            hasDevices |= file.Chain >= 0 && reading.NamesDevice;
        }

        _texts.Scalars.SetAll(_limits.Limits);
        _counters.Add(AgentCounter.ValuesImpossible, _texts.ImpossibleCount + _limits.Limits.ImpossibleCount);
    }
}
