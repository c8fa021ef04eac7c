using NsCollector.Discover;
using NsCollector.Sample.Events;
using NsCollector.Sample.HostMetrics;

namespace NsCollector.Sample;

/// <summary>Receives samples on the sampling thread. An implementation must not block and, in a steady cycle, must not allocate.</summary>
internal interface ISampleConsumer
{
    /// <summary>A cycle begins over this list; it is the same object as before if nothing was born, exited or was renamed.</summary>
    void BeginCycle(ContainerList containers);

    /// <summary>One container was read. The sample object is reused in the next cycle: do not keep it.</summary>
    void Accept(Container container, ContainerSample sample);

    /// <summary>The host was read, in a cycle in which that is due. The sample object is reused: do not keep it.</summary>
    void AcceptHost(HostSample sample)
    {
    }

    /// <summary>
    /// A cgroup that contains containers was read, near the end of a cycle (<see cref="SampleOptions.Parents"/>). The sample object is
    /// reused: do not keep it.
    /// </summary>
    void AcceptParent(Container parent, ContainerSample sample)
    {
    }

    /// <summary>All containers were read.</summary>
    void EndCycle(in CycleReport report);

    /// <summary>
    /// Between two cycles: new containers are about to be read, one <see cref="Accept"/> for each. It is not part of a cycle.
    /// </summary>
    /// <param name="containers">The list that the next cycle will begin with, unless it changes again.</param>
    void BeginBirths(ContainerList containers)
    {
    }

    /// <summary>A container has exited. It may no longer be in a list. The sample object is reused for the next exit.</summary>
    void AcceptExit(Container container, ExitSample exit)
    {
    }

    /// <summary>Accepts how a container started. The container may no longer be in a list. The sample object is reused for the next start.</summary>
    void AcceptStart(Container container, StartSample start)
    {
    }

    /// <summary>A container had OOM kills. It may no longer be in a list. The sample object is reused for the next one.</summary>
    void AcceptOom(Container container, OomSample oom)
    {
    }

    /// <summary>The agent stops: nothing is accepted any more.</summary>
    void EndRun()
    {
    }

    /// <summary>Sends what was accepted between two cycles to the sinks now.</summary>
    /// <param name="isEnd">
    /// Whether sinks also finish what they gather (a spool file), as at the end of a cycle, even if nothing was accepted since
    /// the last flush.
    /// </param>
    void Flush(bool isEnd)
    {
    }
}
