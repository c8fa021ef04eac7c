using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Flows;

/// <summary>What was counted of a connection while it lives.</summary>
internal struct CountedFlow
{
    private ulong _bytesAcked, _bytesReceived;
    private uint _segsOut, _segsIn, _retrans;

    /// <summary>The number of the dump of its namespace that had it last.</summary>
    internal uint Dump { get; set; }

    /// <summary>Its direction, as far as it is known.</summary>
    internal FlowDirection Direction { get; set; }

    /// <summary>Leaves of a connection what was not counted yet, and counts it.</summary>
    internal void Subtract(ref NativeShim.Flow flow)
    {
        NativeShim.Flow all = flow;
        flow.BytesAcked = all.BytesAcked - _bytesAcked;
        flow.BytesReceived = all.BytesReceived - _bytesReceived;

        // The kernel's counts of segments have 32 bits.
        flow.SegsOut = unchecked(all.SegsOut - _segsOut);
        flow.SegsIn = unchecked(all.SegsIn - _segsIn);
        flow.TotalRetrans = unchecked(all.TotalRetrans - _retrans);
        (_bytesAcked, _bytesReceived, _segsOut, _segsIn, _retrans) = (all.BytesAcked, all.BytesReceived, all.SegsOut, all.SegsIn, all.TotalRetrans);
    }
}
