using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Net;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>A visitor with its counters and log entries.</summary>
internal sealed class TestVisitor : IDisposable
{
    internal TestVisitor(SampleOptions? options = null, HostRoots? roots = null) =>
        Visitor = new NetworkVisitor(options ?? new SampleOptions { Network = NetworkMode.Visit }, roots ?? new HostRoots(), Counters, Logger);

    internal AgentCounters Counters { get; } = new();

    internal CapturingLogger Logger { get; } = new();

    internal NetworkVisitor Visitor { get; }

    internal static NetworkTarget TargetOf(ProcessDirectory process, int index = 0) =>
        new() { Init = process, Sample = new ContainerSample(), ContainerIndex = index };

    internal NetworkTarget Visit(ProcessDirectory process)
    {
        NetworkTarget target = TargetOf(process);
        Visitor.Visit([target], 1);
        return target;
    }

    internal ContainerSample Read(ProcessDirectory process)
    {
        NetworkTarget target = Visit(process);
        Assert.Equal(NetworkVisitResult.Read, target.Result);
        return target.Sample!;
    }

    public void Dispose() => Visitor.Dispose();
}
