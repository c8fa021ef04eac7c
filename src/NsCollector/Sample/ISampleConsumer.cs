using NsCollector.Discover;
using NsCollector.Sample.Events;

namespace NsCollector.Sample;

/// <summary>What Sample hands its samples to, on the sampling thread; an implementation must not block and, in a steady cycle, must not allocate.</summary>
internal interface ISampleConsumer
{
    /// <summary>A cycle begins over this list; it is the same object as before where nothing was born, died or was renamed.</summary>
    void BeginCycle(ContainerList containers);

    /// <summary>One container was read. The sample is filled anew in the next cycle: nothing of it may be kept.</summary>
    void Accept(Container container, ContainerSample sample);

    /// <summary>All containers were read.</summary>
    void EndCycle(in CycleReport report);

    /// <summary>
    /// Between two cycles: containers that were born since are about to be read, one <see cref="Accept"/> each. It is neither
    /// a cycle nor a part of one.
    /// </summary>
    /// <param name="containers">The list that the next cycle will begin with, unless it changes again.</param>
    void BeginBirths(ContainerList containers)
    {
    }

    /// <summary>A container has ended. It may be in no list any more; the sample is filled anew for the next one.</summary>
    void AcceptExit(Container container, ExitSample exit)
    {
    }

    /// <summary>Processes of a container were killed for lack of memory. It may be in no list any more; the sample is filled anew for the next one.</summary>
    void AcceptOom(Container container, OomSample oom)
    {
    }

    /// <summary>What was accepted between two cycles is to be on its way now.</summary>
    /// <param name="isEnd">
    /// Whether what is gathered into greater units (the files of a spool) is to be closed as at the end of a cycle; also with
    /// nothing accepted since the last flush.
    /// </param>
    void Flush(bool isEnd)
    {
    }
}
