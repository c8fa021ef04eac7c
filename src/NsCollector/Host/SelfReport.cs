using NsCollector.Catalogue;
using NsCollector.Deliver;
using NsCollector.Deliver.Http;
using NsCollector.Discover;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Watch;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;
using NsCollector.Sample.Latest;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>Between Sample and Encode: adds the agent's own metrics at the end of each cycle.</summary>
/// <remarks>Runs on the sampling thread and allocates nothing.</remarks>
internal sealed class SelfReport : ISampleConsumer, IDisposable
{
    private readonly EncoderSet _encoders;
    private readonly AgentCounters _counters;
    private readonly Func<WatchCounts> _watchCounts;
    private readonly Func<long> _failedNotifications;
    private readonly IReadOnlyList<ISink> _sinks;
    private readonly SelfObserver _observer = new();
    private readonly OwnMemoryCgroup? _memory;
    private readonly AgentSnapshot[] _sinkSnapshots;
    private readonly AgentSnapshot _snapshot;
    private long _cycles;
    private int _containers;

    internal SelfReport(
        EncoderSet encoders, AgentCounters counters, IReadOnlyList<ISink> sinks, Func<WatchCounts> watchCounts, Func<long> failedNotifications,
        OwnMemoryCgroup? memory)
    {
        _memory = memory;
        _watchCounts = watchCounts;
        _failedNotifications = failedNotifications;
        _encoders = encoders;
        _counters = counters;
        _sinks = sinks;
        _sinkSnapshots = [.. sinks.Select(sink => new AgentSnapshot(sink.Name))];
        _snapshot = new AgentSnapshot("", _sinkSnapshots);
    }

    /// <summary>Receives a copy of the agent's own metrics for the Prometheus page; null without http.listen.</summary>
    internal LatestSamples? Latest { get; set; }

    /// <summary>Number of containers that the last cycle read. Any thread may call it.</summary>
    internal int Containers => Volatile.Read(ref _containers);

    public void BeginCycle(ContainerList containers) => _encoders.Consumer.BeginCycle(containers);

    public void Accept(Container container, ContainerSample sample) => _encoders.Consumer.Accept(container, sample);

    public void BeginBirths(ContainerList containers) => _encoders.Consumer.BeginBirths(containers);

    public void AcceptExit(Container container, ExitSample exit) => _encoders.Consumer.AcceptExit(container, exit);

    public void AcceptStart(Container container, StartSample start) => _encoders.Consumer.AcceptStart(container, start);

    public void AcceptOom(Container container, OomSample oom) => _encoders.Consumer.AcceptOom(container, oom);

    public void AcceptHost(HostSample sample) => _encoders.Consumer.AcceptHost(sample);

    public void EndRun() => _encoders.Consumer.EndRun();

    public void Flush(bool isEnd) => _encoders.Consumer.Flush(isEnd);

    public void EndCycle(in CycleReport report)
    {
        Volatile.Write(ref _containers, report.Containers);
        _cycles++;
        AgentSnapshot own = _snapshot;
        own.Clear();
        own.Set(AgentReading.Containers, report.Containers);
        own.Set(AgentReading.NetworkNamespaces, report.NetworkNamespaces);
        own.Set(AgentReading.CycleNs, report.CycleNs);
        own.Set(AgentReading.CycleCpuNs, report.CycleCpuNs);
        own.Set(AgentReading.SamplingThreads, report.Threads);
        own.Set(AgentReading.Cycles, _cycles);
        own.Set(AgentReading.FilesHeld, report.HeldFiles);
        own.Set(AgentReading.Points, _encoders.Points);
        own.Set(AgentReading.Bytes, _encoders.Bytes);
        own.Set(AgentReading.NamespaceFdsHeld, report.NamespaceDescriptors);
        own.Set(AgentReading.CyclesLate, _counters[AgentCounter.CyclesLate]);
        own.Set(AgentReading.SetnsErrors, _counters[AgentCounter.SetnsErrors]);
        own.Set(AgentReading.ReadErrors, _counters[AgentCounter.ReadErrors]);
        own.Set(AgentReading.ValuesImpossible, _counters[AgentCounter.ValuesImpossible]);
        own.Set(AgentReading.DiscoveryErrors, _counters[AgentCounter.DiscoveryErrors]);
        own.Set(AgentReading.IdentityErrors, _counters[AgentCounter.IdentityErrors]);
        own.Set(AgentReading.NamesInsideErrors, _counters[AgentCounter.NamesInsideErrors]);
        own.Set(AgentReading.NamesInsideHung, _counters[AgentCounter.NamesInsideHung]);
        own.Set(AgentReading.EngineErrorsUnreachable, _counters[AgentCounter.EngineErrorsUnreachable]);
        own.Set(AgentReading.EngineErrorsTimedOut, _counters[AgentCounter.EngineErrorsTimedOut]);
        own.Set(AgentReading.EngineErrorsAnswer, _counters[AgentCounter.EngineErrorsAnswer]);
        own.Set(AgentReading.ContainersVanished, _counters[AgentCounter.ContainersVanished]);
        own.Set(AgentReading.ContainersMissed, _counters[AgentCounter.ContainersMissed]);
        own.Set(AgentReading.ContainersOverLimit, _counters[AgentCounter.ContainersOverLimit]);
        own.Set(AgentReading.ParentsOverLimit, _counters[AgentCounter.ParentsOverLimit]);
        own.Set(AgentReading.HistoryOverLimit, _counters[AgentCounter.HistoryOverLimit]);
        own.Set(AgentReading.NestedOverLimit, _counters[AgentCounter.NestedOverLimit]);
        own.Set(AgentReading.CgroupsOverLimit, _counters[AgentCounter.CgroupsOverLimit]);
        own.Set(AgentReading.InitSearchesOverLimit, _counters[AgentCounter.InitSearchesOverLimit]);
        own.Set(AgentReading.FilesOverBudget, _counters[AgentCounter.FilesOverBudget]);
        own.Set(AgentReading.FilesOverMemory, _counters[AgentCounter.FilesOverMemory]);
        own.Set(AgentReading.ReaderComparisons, _counters[AgentCounter.ReaderComparisons]);
        own.Set(AgentReading.ReaderInconclusive, _counters[AgentCounter.ReaderInconclusive]);
        own.Set(AgentReading.ReaderMismatches, _counters[AgentCounter.ReaderMismatches]);
        own.Set(AgentReading.FilesystemsHung, _counters[AgentCounter.FilesystemsHung]);
        own.Set(AgentReading.FilesystemsOverLimit, _counters[AgentCounter.FilesystemsOverLimit]);
        own.Set(AgentReading.FilesystemWalks, _counters[AgentCounter.FilesystemWalks]);
        own.Set(AgentReading.FilesystemWalksIncomplete, _counters[AgentCounter.FilesystemWalksIncomplete]);
        own.Set(AgentReading.FilesystemWalkCpuNs, _counters[AgentCounter.FilesystemWalkCpuNs]);
        own.Set(AgentReading.PeaksOverBudget, _counters[AgentCounter.PeaksOverBudget]);
        own.Set(AgentReading.InterfacesOverLimit, _counters[AgentCounter.InterfacesOverLimit]);
        own.Set(AgentReading.ConnectionErrors, _counters[AgentCounter.ConnectionErrors]);
        own.Set(AgentReading.ConnectionsInterrupted, _counters[AgentCounter.ConnectionsInterrupted]);
        own.Set(AgentReading.ConnectionsCut, _counters[AgentCounter.ConnectionsCut]);
        own.Set(AgentReading.FlowsReceived, _counters[AgentCounter.FlowsReceived]);
        own.Set(AgentReading.FlowsLost, _counters[AgentCounter.FlowsLost]);
        own.Set(AgentReading.FlowsOverLimit, _counters[AgentCounter.FlowsOverLimit]);
        own.Set(AgentReading.FlowErrors, _counters[AgentCounter.FlowErrors]);
        own.Set(AgentReading.NetfilterErrors, _counters[AgentCounter.NetfilterErrors]);
        own.Set(AgentReading.NetfilterInterrupted, _counters[AgentCounter.NetfilterInterrupted]);
        own.Set(AgentReading.NetfilterOverLimit, _counters[AgentCounter.NetfilterOverLimit]);
        own.Set(AgentReading.QdiscsOverLimit, _counters[AgentCounter.QdiscsOverLimit]);
        own.Set(AgentReading.NamespaceFilesOverLimit, _counters[AgentCounter.NamespaceFilesOverLimit]);
        own.Set(AgentReading.PeersOverLimit, _counters[AgentCounter.PeersOverLimit]);
        own.Set(AgentReading.LinkMessagesLost, _counters[AgentCounter.LinkMessagesLost]);
        own.Set(AgentReading.DevicesOverLimit, _counters[AgentCounter.DevicesOverLimit]);
        own.Set(AgentReading.PointsUnencodable, _counters[AgentCounter.PointsUnencodable]);
        own.Set(AgentReading.TagsLeftOut, _counters[AgentCounter.TagsLeftOut]);
        own.Set(AgentReading.LabelsOverLimit, _counters[AgentCounter.LabelsOverLimit]);
        own.Set(AgentReading.ImagesOverLimit, _counters[AgentCounter.ImagesOverLimit]);
        own.Set(AgentReading.ContainersBorn, _counters[AgentCounter.ContainersBorn]);
        own.Set(AgentReading.ContainersFoundByWalk, _counters[AgentCounter.ContainersFoundByWalk]);
        own.Set(AgentReading.ContainersEnded, _counters[AgentCounter.ContainersEnded]);
        own.Set(AgentReading.ExitsNotFinal, _counters[AgentCounter.ExitsNotFinal]);
        WatchCounts watched = _watchCounts();
        own.Set(AgentReading.EventsLost, _counters[AgentCounter.EventsLost] + watched.RecordsLost);
        own.Set(AgentReading.ExitTextsDropped, watched.TextsDropped);
        own.Set(AgentReading.OomUnarmed, watched.OomUnarmed);
        own.Set(AgentReading.KernelLogOverruns, _counters[AgentCounter.KernelLogOverruns]);
        own.Set(AgentReading.WatchErrors, _counters[AgentCounter.WatchErrors]);
        own.Set(AgentReading.InotifyOverflows, _counters[AgentCounter.InotifyOverflows]);
        own.Set(AgentReading.WatchesOverLimit, _counters[AgentCounter.WatchesOverLimit]);
        own.Set(AgentReading.NotifyErrors, _failedNotifications());
        own.Set(AgentReading.ThreadStartErrors, _counters[AgentCounter.ThreadStartErrors]);
        own.Set(AgentReading.HttpErrors, _counters[AgentCounter.HttpErrors]);
        own.Set(AgentReading.HttpConnectionsRefused, _counters[AgentCounter.HttpConnectionsRefused]);
        own.Set(AgentReading.DockerApiErrors, _counters[AgentCounter.DockerApiErrors]);
        own.Set(AgentReading.DockerEventsLost, _counters[AgentCounter.DockerEventsLost]);
        _observer.Observe(own);
        if (_memory is not null)
        {
            // Read again by the sampler in each cycle.
            if (_memory.Charge.UsageBytes is { } usage) own.Set(AgentReading.CgroupMemoryBytes, usage);
            if (_memory.Charge.KernelBytes is { } kernel) own.Set(AgentReading.CgroupKernelMemoryBytes, kernel);
            if (_memory.LimitBytes is { } limit) own.Set(AgentReading.CgroupMemoryLimitBytes, limit);
        }

        for (int i = 0; i < _sinkSnapshots.Length; i++) Observe(_sinks[i], _sinkSnapshots[i]);

        Latest?.AcceptAgent(own);
        _encoders.WriteAgent(own, report.TimestampNs);
        _encoders.Consumer.EndCycle(report);
    }

    public void Dispose() => _observer.Dispose();

    private static void Observe(ISink sink, AgentSnapshot snapshot)
    {
        SinkCounters counters = sink.Counters;
        snapshot.Clear();
        if (counters.IsUp is { } up) snapshot.Set(AgentReading.SinkUp, up ? 1 : 0);
        snapshot.Set(AgentReading.SinkDownNs, Nanoseconds(counters.Down));
        snapshot.Set(AgentReading.SinkQueuedBytes, counters.QueuedBytes);
        snapshot.Set(AgentReading.SinkSentPoints, counters.SentPoints);
        snapshot.Set(AgentReading.SinkSentBytes, counters.SentBytes);
        snapshot.Set(AgentReading.SinkDroppedPoints, counters.DroppedPoints);
        snapshot.Set(AgentReading.SinkRetries, counters.Retries);
        snapshot.Set(AgentReading.SinkErrors, counters.Errors);
        snapshot.Set(AgentReading.SinkErrorsWrite, counters[SinkFailure.Write]);
        if (sink is not SpooledSink)
        {
            snapshot.Set(AgentReading.SinkRotationErrors, counters.RotationErrors);
            return;
        }

        snapshot.Set(AgentReading.SinkQueuedFiles, counters.QueuedFiles);
        snapshot.Set(AgentReading.SinkQueuedAgeNs, Nanoseconds(counters.QueuedAge));
        snapshot.Set(AgentReading.SinkSpoolBytes, counters.SpoolBytes);
        snapshot.Set(AgentReading.SinkRefusedPoints, counters.RefusedPoints);
        snapshot.Set(AgentReading.SinkExpiredPoints, counters.ExpiredPoints);
        for (SinkFailure failure = SinkFailure.Unreachable; failure < SinkFailure.Count; failure++)
            snapshot.Set(AgentReading.SinkErrorsWrite + (int)failure, counters[failure]);
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
