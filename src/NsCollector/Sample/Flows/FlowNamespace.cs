using System.Collections.Immutable;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Flows;

/// <summary>The connections of one network namespace.</summary>
/// <param name="table">What it is part of; null if the kernel has no number for it.</param>
/// <remarks>Changed under the lock of <see cref="FlowTable"/>, except for the listening ports, which the thread that visits the namespace sets.</remarks>
internal sealed class FlowNamespace(FlowTable? table)
{
    /// <summary>Maximum listening ports that are remembered. A port beyond it makes connections of unknown direction.</summary>
    internal const int MaxPorts = 1024;

    // Programs begin to listen some time after the container was first read.
    private const int FirstDumps = 5;

    private volatile ushort[] _ports = [];
    private int _dumps;

    // Counts under the lock; a wrapped count is only compared.
    private volatile uint _unknown;
    private uint _unknownAtDump;

    /// <summary>What it is part of; null if the kernel has no number for it.</summary>
    internal FlowTable? Table => table;

    /// <summary>The inode number of the namespace; 0 if it is not known whose it is.</summary>
    internal ulong Identity { get; set; }

    /// <summary>The number that the host's namespace has for it; -1 if it has none.</summary>
    internal int Number { get; set; } = -1;

    /// <summary>Whether the agent has heard it since it was created, as far as known.</summary>
    internal bool IsWhole { get; set; }

    /// <summary>Whether the search for its number has failed, and that was counted.</summary>
    internal bool HasFailed { get; set; }

    /// <summary>The sums since it is known.</summary>
    internal FlowSums Totals;

    /// <summary>What was counted of connections while they live, by the cookies of their sockets; null: of none.</summary>
    internal Dictionary<ulong, CountedFlow>? Open { get; set; }

    /// <summary>Sockets that were closed since the running dump began.</summary>
    internal HashSet<ulong>? ClosedInDump { get; set; }

    /// <summary>Whether a dump is running.</summary>
    internal bool IsInDump { get; set; }

    /// <summary>How many dumps of its connections were added.</summary>
    internal uint Dumps { get; set; }

    /// <summary>The parts of the two buffers that belong to it.</summary>
    internal ImmutableArray<FlowList> Lists { get; } = [new(), new()];

    /// <summary>The interval whose points were added to a sample.</summary>
    internal long PublishedGeneration { get; set; }

    /// <summary>Whether the listening ports are to be read.</summary>
    internal bool WantsPorts => _dumps < FirstDumps || _unknown != _unknownAtDump;

    /// <summary>The direction of a connection.</summary>
    internal FlowDirection DirectionOf(ushort localPort, NativeShim.FlowFlags flags)
    {
        if ((flags & NativeShim.FlowFlags.Opened) != 0) return FlowDirection.Out;
        if ((flags & NativeShim.FlowFlags.Accepted) != 0) return FlowDirection.In;
        if (Array.BinarySearch(_ports, localPort) >= 0) return FlowDirection.In;
        _unknown++;
        return FlowDirection.Unknown;
    }

    /// <summary>Remembers listening ports. Ports that are not listening any more are kept, because their connections may live longer.</summary>
    internal void AddPorts(ReadOnlySpan<ushort> ports)
    {
        _dumps = Math.Min(_dumps + 1, FirstDumps);
        _unknownAtDump = _unknown;
        foreach (ushort port in ports)
        {
            ushort[] known = _ports;
            int index = Array.BinarySearch(known, port);
            if (index >= 0 || known.Length == MaxPorts) continue;
            _ports = [.. known.AsSpan(0, ~index), port, .. known.AsSpan(~index)];
        }
    }
}
