using NsCollector.Telemetry;

namespace NsCollector.Sample.Waiting;

/// <summary>Counts and logs what goes wrong on a <see cref="ReplaceableThread{T}"/> that reads file systems.</summary>
/// <param name="counters">Counts file systems that hang, and defects.</param>
/// <param name="log">Receives the warnings.</param>
internal sealed class FilesystemReports(AgentCounters counters, RateLimitedLog log)
{
    /// <summary>What is read, such as <c>the file systems of the host</c>.</summary>
    internal required string Subject { get; init; }

    /// <summary>The words after a mount point that say where it is: empty, or such as <c> in a container</c>.</summary>
    internal required string Place { get; init; }

    /// <summary>The measurement that lacks a file system that hangs.</summary>
    internal required string Measurement { get; init; }

    /// <summary>The configuration key that leaves mount points out.</summary>
    internal required string ExclusionKey { get; init; }

    /// <summary>A file system has not answered in time.</summary>
    /// <param name="point">Its mount point.</param>
    /// <param name="hangNs">The time, in nanoseconds.</param>
    internal void Hangs(ReadOnlySpan<byte> point, long hangNs)
    {
        counters.Add(AgentCounter.FilesystemsHung);
        log.Warning(Measurement + " hangs", $"The file system at {PrintableBytes.Of(point)}{Place} has not answered for {hangNs / 1_000_000_000} s. It is left out of {Measurement} until it does. Check its server or disk, or add it to {ExclusionKey}.");
    }

    /// <summary>The thread has ended because of a defect of the agent.</summary>
    internal void Defect(Exception exception)
    {
        counters.Add(AgentCounter.ReadErrors);
        log.Warning(Measurement + " failed", $"Cannot read {Subject}: {exception}");
    }
}
