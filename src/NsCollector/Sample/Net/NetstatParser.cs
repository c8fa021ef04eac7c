using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>/proc/net/netstat (netstat_seq_show in net/ipv4/proc.c): the line <c>TcpExt:</c>.</summary>
internal sealed class NetstatParser() : HeadedFileParser(
    new HeadedColumns("TcpExt:"u8.ToArray(),
    [
        ("ListenOverflows"u8.ToArray(), Reading.TcpListenOverflows),
        ("ListenDrops"u8.ToArray(), Reading.TcpListenDrops),
        ("TCPTimeouts"u8.ToArray(), Reading.TcpTimeouts),
    ]));
