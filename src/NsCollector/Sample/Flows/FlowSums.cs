using NsCollector.Catalogue;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Flows;

/// <summary>Sums over connections.</summary>
internal struct FlowSums
{
    private ulong _bytesSent, _bytesReceived, _segsOut, _segsIn, _retransSegs, _rttSumUs;
    private uint _rttCount, _rttMaxUs;

    /// <summary>Connections that were closed.</summary>
    internal uint Closed { get; private set; }

    /// <summary>Segments that were sent again.</summary>
    internal readonly ulong RetransSegs => _retransSegs;

    /// <summary>Bytes in both directions.</summary>
    internal readonly ulong Bytes => _bytesSent + _bytesReceived;

    /// <summary>Whether nothing was added.</summary>
    internal readonly bool IsEmpty => Closed == 0 && (_bytesSent | _bytesReceived | _segsOut | _segsIn) == 0;

    /// <summary>Adds what a connection has transferred.</summary>
    /// <param name="flow">The connection.</param>
    /// <param name="isClosed">Whether it was closed.</param>
    internal void Add(in NativeShim.Flow flow, bool isClosed)
    {
        if (isClosed) Closed++;
        _bytesSent += flow.BytesAcked;
        _bytesReceived += flow.BytesReceived;
        _segsOut += flow.SegsOut;
        _segsIn += flow.SegsIn;
        _retransSegs += flow.TotalRetrans;
        if (flow.RttUs == 0) return;
        _rttSumUs += flow.RttUs;
        _rttCount++;
        _rttMaxUs = Math.Max(_rttMaxUs, flow.RttUs);
    }

    /// <summary>Adds other sums.</summary>
    internal void Add(in FlowSums other)
    {
        Closed += other.Closed;
        _bytesSent += other._bytesSent;
        _bytesReceived += other._bytesReceived;
        _segsOut += other._segsOut;
        _segsIn += other._segsIn;
        _retransSegs += other._retransSegs;
        _rttSumUs += other._rttSumUs;
        _rttCount += other._rttCount;
        _rttMaxUs = Math.Max(_rttMaxUs, other._rttMaxUs);
    }

    /// <summary>Sets the readings of a point.</summary>
    internal readonly void CopyTo(ReadingSet readings)
    {
        readings.Set(Reading.FlowConnectionsClosed, Closed);
        readings.SetUnsigned(Reading.FlowBytesSent, _bytesSent);
        readings.SetUnsigned(Reading.FlowBytesReceived, _bytesReceived);
        readings.SetUnsigned(Reading.FlowSegsOut, _segsOut);
        readings.SetUnsigned(Reading.FlowSegsIn, _segsIn);
        readings.SetUnsigned(Reading.FlowRetransSegs, _retransSegs);
        if (_rttCount == 0) return;
        readings.SetUnsigned(Reading.FlowRttMeanUs, _rttSumUs / _rttCount);
        readings.Set(Reading.FlowRttMaxUs, _rttMaxUs);
    }
}
