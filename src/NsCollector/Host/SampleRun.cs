using NsCollector.Discover;
using NsCollector.Discover.Track;
using NsCollector.Encode;
using NsCollector.Encode.Batches;
using NsCollector.Encode.Json;
using NsCollector.Encode.LineProtocol;
using NsCollector.Encode.Table;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Sample;
using NsCollector.Telemetry;

namespace NsCollector.Host;

/// <summary>
/// Runs <c>nscollector sample</c>: takes one sample without printing it, for the rates, then prints the requested number. Samples
/// on the calling thread, without sinks.
/// </summary>
internal static class SampleRun
{
    internal static int Run(AgentContext context, SampleRequest request, Stream output)
    {
        AgentOptions options = context.Options;
        var counters = new AgentCounters();
        CgroupMounts mounts = CgroupMounts.Find(options.Roots);
        if (HostDirectories.Problem(mounts, options.Roots) is { } problem)
        {
            context.ReportFailure(problem + HostDirectories.Remedy);
            return ExitCode.Failed;
        }

        if (Posix.Problem is { } noAccounts) AgentLog.NoAccounts(context.Loggers.CreateLogger("sample"), noAccounts);
        // Only the last samples are shown, and each has everything.
        DiscoverOptions discover = options.Discover.ContainerStates > TimeSpan.Zero
            ? options.Discover with { ContainerStates = TimeSpan.FromMilliseconds(1) }
            : options.Discover;
        using var discovery = new ContainerDiscovery(mounts, options.Roots, discover, counters, context.Loggers.CreateLogger("discover"));
        using var gate = new Gate(output);
        (ISampleConsumer consumer, Action<bool> show) = Renderer(request.Format, options.Encode, output, gate, counters);
        // Only the last samples are shown, and each has everything. Events are not shown.
        SampleOptions sample = options.Sample with { ProtocolsInterval = TimeSpan.Zero, StatInterval = TimeSpan.Zero, Connections = options.Sample.Connections with { Interval = TimeSpan.Zero, CpuPercent = options.Sample.Connections.CpuPercent > 0 ? 100 : 0 }, Flows = options.Sample.Flows with { Interval = TimeSpan.Zero }, Netfilter = options.Sample.Netfilter with { Interval = TimeSpan.Zero }, OomVictims = OomVictimMode.Off };
        using var sampler = new Sampler(discovery, consumer, mounts, options.Roots, sample, counters, context.Loggers);
        try
        {
            var schedule = new CycleSchedule(request.Interval, align: false, TimeSpan.Zero, SystemClock.MonotonicNs(), SystemClock.RealtimeNs());
            for (int i = 0; i <= request.Count; i++)
            {
                Wait(schedule.DeadlineNs, sampler);
                discovery.WalkOnce();
                show(i > 0);
                sampler.RunCycle();
                schedule.Advance(SystemClock.MonotonicNs(), SystemClock.RealtimeNs());
            }

            if (discovery.Current.Containers.IsEmpty && ContainerCounts.NothingLeft(context) is { } nothing)
                AgentLog.NothingToSample(context.Loggers.CreateLogger("sample"), nothing);
            return ExitCode.Success;
        }
        catch (IOException exception)
        {
            context.ReportFailure("standard output: " + exception.Message);
            return ExitCode.Failed;
        }
    }

    /// <summary>Waits for the next sample, and looks at the containers meanwhile.</summary>
    private static void Wait(long deadlineNs, Sampler sampler)
    {
        for (long nowNs = SystemClock.MonotonicNs(); nowNs < deadlineNs; nowNs = SystemClock.MonotonicNs())
        {
            long leftNs = Math.Min(deadlineNs, sampler.LookDueNs) - nowNs;
            if (leftNs > 0) Thread.Sleep(TimeSpan.FromMicroseconds(leftNs / 1000));
            sampler.LookIfDue();
        }
    }

    private static (ISampleConsumer Consumer, Action<bool> Show) Renderer(
        SampleFormat format, EncodeOptions options, Stream output, Gate gate, AgentCounters counters)
    {
        switch (format)
        {
            case SampleFormat.Json:
                return (new JsonRenderer(gate, options), show => gate.IsOpen = show);
            case SampleFormat.Table:
                var table = new TableRenderer(new StreamWriter(output) { NewLine = "\n" });
                return (table, show => table.Silent = !show);
            default:
                return (new LineProtocolEncoder(options, new BatchPool(options.BatchBytes), gate, counters), show => gate.IsOpen = show);
        }
    }

    /// <summary>Passes bytes to standard output while it is open.</summary>
    private sealed class Gate(Stream output) : Stream, IBatchReceiver
    {
        internal bool IsOpen { get; set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public void Publish(Batch batch)
        {
            if (IsOpen) output.Write(batch.Bytes);
            batch.Release();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (IsOpen) output.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush() => output.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
