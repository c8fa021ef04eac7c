using System.Runtime.InteropServices;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Netlink;
using NsCollector.Telemetry;
using static NsCollector.Linux.Interop.NativeShim;

namespace NsCollector.Sample.Netfilter;

/// <summary>
/// Reads the counters of one network namespace: nf_tables and nfnetlink_acct by netlink, legacy iptables by getsockopt(2). The shim
/// (native/netfilter.c) enters the namespace and only copies the answers; they are parsed here.
/// </summary>
/// <remarks>For one thread. A steady reading allocates nothing; between two readings no descriptor of a namespace is open.</remarks>
internal sealed unsafe class NetfilterReader : IDisposable
{
    private const int NETLINK_NETFILTER = 12;

    private const int InitialBuffer = 64 << 10;

    // A rule of nftables has about 300 to 600 bytes in a dump.
    private const int BytesPerRule = 4096;

    private const int Own = -1;

    private const int Rules = 0, Objects = 1, Accounting = 2, Exchanges = 3;

    private readonly AgentCounters _counters;
    private readonly uint _maxBuffer;
    private NetlinkExchange* _exchanges = (NetlinkExchange*)NativeMemory.AllocZeroed(Exchanges, (nuint)sizeof(NetlinkExchange));
    private NativeShim.Netfilter* _netfilter = (NativeShim.Netfilter*)NativeMemory.AllocZeroed((nuint)sizeof(NativeShim.Netfilter));
    private bool _isCut, _hasFailed, _isInterrupted;

    /// <param name="maxRules">Limits the memory of each part of a reading.</param>
    /// <param name="counters">Counts NetfilterErrors, NetfilterInterrupted, NetfilterOverLimit.</param>
    internal NetfilterReader(int maxRules, AgentCounters counters)
    {
        _counters = counters;
        _maxBuffer = (uint)Math.Clamp((long)maxRules * BytesPerRule, 4 * InitialBuffer, 1 << 30);
        byte[][] requests = [NetfilterRequests.Rules, NetfilterRequests.Objects, NetfilterRequests.Accounting];
        for (int i = 0; i < Exchanges; i++)
        {
            _exchanges[i] = new NetlinkExchange
            {
                Request = (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(requests[i], 0), RequestLength = (uint)requests[i].Length, Protocol = NETLINK_NETFILTER,
                Buffer = (ulong)NativeMemory.Alloc(InitialBuffer), Capacity = InitialBuffer,
            };
        }

        _netfilter->Buffer = (ulong)NativeMemory.Alloc(InitialBuffer);
        _netfilter->Capacity = InitialBuffer;
    }

    /// <summary>Reads the namespace of the calling thread.</summary>
    /// <param name="parts">What the kernel may be asked for.</param>
    /// <param name="totals">Receives the counters.</param>
    internal NetfilterResult ReadOwn(NetfilterParts parts, NetfilterTotals totals) => Read(Own, 0, parts, totals);

    /// <summary>Reads the namespace of a process.</summary>
    /// <param name="directory">A descriptor of its /proc directory.</param>
    /// <param name="identity">The inode number that its namespace must have.</param>
    /// <param name="parts">What the kernel may be asked for.</param>
    /// <param name="totals">Receives the counters.</param>
    internal NetfilterResult Read(int directory, ulong identity, NetfilterParts parts, NetfilterTotals totals)
    {
        (_isCut, _hasFailed, _isInterrupted) = (false, false, false);
        int error = Ask(directory, identity, parts);
        NetfilterResult? result = error == 0 ? null : ResultOf(error);
        totals.Begin();
        if (error == 0 && parts.Nftables)
        {
            Parse(Rules, ref result, totals);
            Parse(Objects, ref result, totals);
        }

        if (error == 0 && parts.Nfacct) Parse(Accounting, ref result, totals);
        if (error == 0 && parts.Xtables) ParseTables(ref result, totals);
        totals.End();
        if (_hasFailed) _counters.Add(AgentCounter.NetfilterErrors);
        if (_isInterrupted) _counters.Add(AgentCounter.NetfilterInterrupted);
        if (_isCut || totals.LeftOut > 0) _counters.Add(AgentCounter.NetfilterOverLimit);
        return result ?? NetfilterResult.Read;
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose()
    {
        if (_netfilter is null) return;
        for (int i = 0; i < Exchanges; i++) NativeMemory.Free((void*)_exchanges[i].Buffer);
        NativeMemory.Free((void*)_netfilter->Buffer);
        NativeMemory.Free(_exchanges);
        NativeMemory.Free(_netfilter);
        _exchanges = null;
        _netfilter = null;
    }

    // Again with a larger buffer, if an answer did not fit.
    private int Ask(int directory, ulong identity, NetfilterParts parts)
    {
        int first = parts.Nftables ? Rules : Accounting, end = parts.Nfacct ? Exchanges : parts.Nftables ? Accounting : first;
        _netfilter->Exchanges = (ulong)(_exchanges + first);
        _netfilter->ExchangeCount = end - first;
        _netfilter->HasXtables = parts.Xtables ? 1u : 0;
        while (true)
        {
            int error = 0;
            if (directory == Own) NetfilterReadOwn(_netfilter);
            else error = NetfilterRead(directory, identity, _netfilter);
            if (error != 0) return error;
            bool hasGrown = false;
            for (int i = first; i < end; i++)
            {
                if ((_exchanges[i].Flags & NetlinkFlags.Truncated) != 0) hasGrown |= Grow(ref _exchanges[i].Buffer, ref _exchanges[i].Capacity, _exchanges[i].Capacity * 4UL);
            }

            uint capacity = (uint)_netfilter->Capacity;
            if (_netfilter->Needed > capacity) hasGrown |= Grow(ref _netfilter->Buffer, ref capacity, _netfilter->Needed + (_netfilter->Needed / 4));
            _netfilter->Capacity = capacity;
            if (!hasGrown) return 0;
        }
    }

    private void Parse(int index, ref NetfilterResult? result, NetfilterTotals totals)
    {
        NetlinkExchange exchange = _exchanges[index];
        var messages = new NetlinkMessages(new ReadOnlySpan<byte>((void*)exchange.Buffer, (int)exchange.Length));
        if ((index == Accounting ? NfacctParser.Parse(messages, totals) : NftablesParser.Parse(messages, totals)) > 0) _hasFailed = true;
        _isInterrupted |= (exchange.Flags & NetlinkFlags.Interrupted) != 0;
        _isCut |= (exchange.Flags & NetlinkFlags.Truncated) != 0;
        result = Best(result, ResultOf(exchange.Error));
    }

    // Without tables, this part says nothing about what is permitted.
    private void ParseTables(ref NetfilterResult? result, NetfilterTotals totals)
    {
        foreach (int error in (ReadOnlySpan<int>)[_netfilter->ErrorIpv4, _netfilter->ErrorIpv6])
        {
            if (error != 0) result = Best(result, ResultOf(error));
        }

        for (int i = 0; i < _netfilter->TableCount; i++)
        {
            ref XtablesTable table = ref _netfilter->Tables[i];
            if (table.Length == -Errno.ENOBUFS) _isCut = true;
            else result = Best(result, ResultOf(Math.Min(table.Length, 0)));
            if (table.Length <= 0) continue;
            ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpan(ref table.Name[0], XtablesNameBytes);
            ReadOnlySpan<uint> hooks = MemoryMarshal.CreateReadOnlySpan(ref table.HookEntry[0], XtablesHooks);
            var entries = new ReadOnlySpan<byte>((byte*)_netfilter->Buffer + table.Offset, table.Length);
            if (!XtablesParser.Parse(table.IsIpv6 != 0, NulTerminated.Text(name), table.ValidHooks, hooks, entries, totals)) _hasFailed = true;
        }
    }

    private static NetfilterResult Best(NetfilterResult? first, NetfilterResult second) => first is { } one && one < second ? one : second;

    private NetfilterResult ResultOf(int error)
    {
        if (error == 0) return NetfilterResult.Read;
        if (error == -Errno.ESRCH) return NetfilterResult.Elsewhere;
        if (error is -Errno.EPERM or -Errno.EACCES) return NetfilterResult.NotPermitted;
        _hasFailed = true;
        return NetfilterResult.Failed;
    }

    private bool Grow(ref ulong buffer, ref uint capacity, ulong wanted)
    {
        if (capacity >= _maxBuffer) return false;
        capacity = (uint)Math.Min(_maxBuffer, wanted);
        NativeMemory.Free((void*)buffer);
        buffer = (ulong)NativeMemory.Alloc(capacity);
        return true;
    }
}
