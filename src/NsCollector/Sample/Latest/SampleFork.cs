using NsCollector.Discover;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Sample.Latest;

/// <summary>Passes everything on to two consumers, one after the other.</summary>
internal sealed class SampleFork(ISampleConsumer first, ISampleConsumer second) : ISampleConsumer
{
    /// <inheritdoc/>
    public void BeginCycle(ContainerList containers)
    {
        first.BeginCycle(containers);
        second.BeginCycle(containers);
    }

    /// <inheritdoc/>
    public void Accept(Container container, ContainerSample sample)
    {
        first.Accept(container, sample);
        second.Accept(container, sample);
    }

    /// <inheritdoc/>
    public void AcceptHost(HostSample sample)
    {
        first.AcceptHost(sample);
        second.AcceptHost(sample);
    }

    /// <inheritdoc/>
    public void AcceptParent(Container parent, ContainerSample sample)
    {
        first.AcceptParent(parent, sample);
        second.AcceptParent(parent, sample);
    }

    /// <inheritdoc/>
    public void EndCycle(in CycleReport report)
    {
        first.EndCycle(report);
        second.EndCycle(report);
    }

    /// <inheritdoc/>
    public void BeginBirths(ContainerList containers)
    {
        first.BeginBirths(containers);
        second.BeginBirths(containers);
    }

    /// <inheritdoc/>
    public void AcceptExit(Container container, ExitSample exit)
    {
        first.AcceptExit(container, exit);
        second.AcceptExit(container, exit);
    }

    /// <inheritdoc/>
    public void AcceptStart(Container container, StartSample start)
    {
        first.AcceptStart(container, start);
        second.AcceptStart(container, start);
    }

    /// <inheritdoc/>
    public void AcceptOom(Container container, OomSample oom)
    {
        first.AcceptOom(container, oom);
        second.AcceptOom(container, oom);
    }

    /// <inheritdoc/>
    public void EndRun()
    {
        first.EndRun();
        second.EndRun();
    }

    /// <inheritdoc/>
    public void Flush(bool isEnd)
    {
        first.Flush(isEnd);
        second.Flush(isEnd);
    }
}
