using NsCollector.Catalogue;
using NsCollector.Telemetry;
using static NsCollector.Linux.Interop.NativeShim;

namespace NsCollector.Sample.Connections;

/// <summary>The last figures of one container's sockets, and what is to be read next.</summary>
/// <remarks>For one thread at a time: the one that reads the container, then the sampling thread.</remarks>
/// <param name="nowNs">The monotonic clock when it became known.</param>
internal sealed class ContainerConnections(long nowNs)
{
    // Both address families, by the kernel's number of the state; LISTEN and the unused 0 are not among the readings of a full dump.
    private static readonly Reading?[] Totals =
    [
        null, Reading.ConnectionsEstablished, Reading.ConnectionsSynSent, Reading.ConnectionsSynRecv, Reading.ConnectionsFinWait1,
        Reading.ConnectionsFinWait2, Reading.ConnectionsTimeWait, Reading.ConnectionsClose, Reading.ConnectionsCloseWait,
        Reading.ConnectionsLastAck, null, Reading.ConnectionsClosing,
    ];

    private const int Listen = 10;

    private readonly ReadingSet _last = ReadingSet.Of(SamplePart.Connections);
    private long _fullNs;
    private long _listenNs;
    private bool _hasFull, _hasNew, _isFullCut;

    /// <summary>When it is read next, and what.</summary>
    internal ConnectionTurn Turn { get; } = new(nowNs);

    /// <summary>The namespace that the figures are of.</summary>
    internal ulong Namespace { get; private set; }

    /// <summary>CPU time of a full dump that was not charged to the budget yet, in nanoseconds.</summary>
    internal long SpentNs { get; private set; }

    /// <summary>Accepts the figures of a visit. Those of a dump that failed keep their last values.</summary>
    /// <param name="sums">The figures.</param>
    /// <param name="inNamespace">The namespace that they are of.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <param name="counters">Counts ConnectionErrors, ConnectionsInterrupted, ConnectionsCut.</param>
    internal void Accept(in SocketSums sums, ulong inNamespace, long nowNs, AgentCounters counters)
    {
        if (sums.Wanted == SocketDumps.None) return;
        Count(in sums, counters);
        if ((sums.Wanted & SocketDumps.Tcp) != 0) SpentNs += (long)sums.CpuNs;
        SetFigures(in sums, inNamespace, nowNs, isByCgroup: false);
    }

    /// <summary>Sets the figures of a dump that was made for several containers.</summary>
    /// <param name="sums">The figures.</param>
    /// <param name="inNamespace">The namespace that they are of.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    /// <param name="isByCgroup">Whether they have only sockets that belong to a cgroup: not those in TIME_WAIT, SYN_RECV and, after close(2), FIN_WAIT2.</param>
    internal void SetFigures(in SocketSums sums, ulong inNamespace, long nowNs, bool isByCgroup)
    {
        if (inNamespace != Namespace) Forget();
        Namespace = inNamespace;
        if (sums.TcpError != 0) return;
        bool isFull = (sums.Wanted & SocketDumps.Tcp) != 0, isCut = (sums.Flags & SocketFlags.Cut) != 0;
        if (isFull) _isFullCut = isCut;
        _last.Set(Reading.ConnectionsCut, isCut || _isFullCut ? 1 : 0);
        SetListeners(in sums);
        _listenNs = nowNs;
        _hasNew = true;
        if (!isFull) return;
        SetTcp(in sums);
        SetUdp(in sums);
        if (isByCgroup)
        {
            _last.Remove(Reading.ConnectionsTimeWait);
            _last.Remove(Reading.ConnectionsIpv6TimeWait);
            _last.Remove(Reading.ConnectionsSynRecv);
            _last.Remove(Reading.ConnectionsIpv6SynRecv);

            // A socket that its program has closed is replaced by a smaller one in this state too (tcp_time_wait).
            _last.Remove(Reading.ConnectionsFinWait2);
            _last.Remove(Reading.ConnectionsIpv6FinWait2);
        }

        _fullNs = nowNs;
        _hasFull = true;
    }

    /// <summary>Counts the kinds of answers that are not as they should be.</summary>
    internal static void Count(in SocketSums sums, AgentCounters counters)
    {
        if (sums.TcpError != 0 || sums.UdpError != 0 || sums.Odd != 0) counters.Add(AgentCounter.ConnectionErrors);
        if ((sums.Flags & SocketFlags.Interrupted) != 0) counters.Add(AgentCounter.ConnectionsInterrupted);
        if ((sums.Flags & SocketFlags.Cut) != 0) counters.Add(AgentCounter.ConnectionsCut);
    }

    /// <summary>Adds the figures to a sample, if some were read since the last time.</summary>
    internal void Publish(ContainerSample sample, long nowNs)
    {
        if (!_hasNew) return;
        _hasNew = false;
        ReadingSet readings = sample.BeginConnections();
        readings.CopyFrom(_last);
        readings.Set(Reading.ConnectionsListenAgeNs, Math.Max(0, nowNs - _listenNs));
        if (_hasFull) readings.Set(Reading.ConnectionsAgeNs, Math.Max(0, nowNs - _fullNs));
    }

    /// <summary>The figures are another container's, or of a namespace that it has left.</summary>
    internal void Forget()
    {
        _last.Clear();
        _hasNew = false;
        _hasFull = false;
        _isFullCut = false;
        Namespace = 0;
    }

    /// <summary>Takes <see cref="SpentNs"/>.</summary>
    internal long TakeSpent()
    {
        long spentNs = SpentNs;
        SpentNs = 0;
        return spentNs;
    }

    private unsafe void SetListeners(in SocketSums sums)
    {
        _last.Set(Reading.ConnectionsListen, (long)sums.Tcp[Listen] + sums.Tcp[TcpStates + Listen]);
        _last.Set(Reading.ConnectionsIpv6Listen, sums.Tcp[TcpStates + Listen]);
        _last.SetUnsigned(Reading.ConnectionsAcceptQueue, sums.AcceptQueue);
        _last.SetUnsigned(Reading.ConnectionsAcceptQueueLimit, sums.AcceptQueueLimit);
        _last.Set(Reading.ConnectionsListenersNearlyFull, sums.ListenersNearlyFull);
        if (sums.Listeners > 0) _last.Set(Reading.ConnectionsAcceptQueuePercentMax, sums.AcceptFillPercentMax);
        else _last.Remove(Reading.ConnectionsAcceptQueuePercentMax);
    }

    private unsafe void SetTcp(in SocketSums sums)
    {
        for (int state = 0; state < TcpStates; state++)
        {
            if (Totals[state] is not { } total) continue;
            uint ipv6 = sums.Tcp[TcpStates + state];
            _last.Set(total, (long)sums.Tcp[state] + ipv6);
            _last.Set(total + (Reading.ConnectionsIpv6Established - Reading.ConnectionsEstablished), ipv6);
        }

        _last.Set(Reading.ConnectionsRetransmitting, sums.Retransmitting);
        _last.SetUnsigned(Reading.ConnectionsReceiveQueueBytes, sums.ReceiveQueueBytes);
        _last.SetUnsigned(Reading.ConnectionsSendQueueBytes, sums.SendQueueBytes);
        SetRtt(Reading.ConnectionsRttMinUs, sums.RttMinUs, sums.RttCount);
        SetRtt(Reading.ConnectionsRttMedianUs, sums.RttMedianUs, sums.RttCount);
        SetRtt(Reading.ConnectionsRttP95Us, sums.RttP95Us, sums.RttCount);
    }

    private void SetRtt(Reading reading, uint us, uint count)
    {
        if (count > 0) _last.Set(reading, us);
        else _last.Remove(reading);
    }

    private void SetUdp(in SocketSums sums)
    {
        bool isWhole = (sums.Flags & (SocketFlags.HasUdp | SocketFlags.Cut)) == SocketFlags.HasUdp && sums.UdpError == 0;
        for (Reading reading = Reading.ConnectionsUdpSockets; reading <= Reading.ConnectionsUdpIpv6Drops; reading++) _last.Remove(reading);
        if (!isWhole) return;
        _last.Set(Reading.ConnectionsUdpSockets, (long)sums.Udp4.Sockets + sums.Udp6.Sockets);
        _last.SetUnsigned(Reading.ConnectionsUdpReceiveQueueBytes, sums.Udp4.ReceiveQueueBytes + sums.Udp6.ReceiveQueueBytes);
        _last.SetUnsigned(Reading.ConnectionsUdpSendQueueBytes, sums.Udp4.SendQueueBytes + sums.Udp6.SendQueueBytes);
        _last.SetUnsigned(Reading.ConnectionsUdpDrops, sums.Udp4.Drops + sums.Udp6.Drops);
        _last.Set(Reading.ConnectionsUdpIpv6Sockets, sums.Udp6.Sockets);
        _last.SetUnsigned(Reading.ConnectionsUdpIpv6ReceiveQueueBytes, sums.Udp6.ReceiveQueueBytes);
        _last.SetUnsigned(Reading.ConnectionsUdpIpv6SendQueueBytes, sums.Udp6.SendQueueBytes);
        _last.SetUnsigned(Reading.ConnectionsUdpIpv6Drops, sums.Udp6.Drops);
    }
}
