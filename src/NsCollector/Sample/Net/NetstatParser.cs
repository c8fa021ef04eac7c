using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>/proc/net/netstat (netstat_seq_show in net/ipv4/proc.c): the line <c>TcpExt:</c>.</summary>
/// <param name="hasDetail">Whether <see cref="TcpDetailFigures"/> are parsed, too.</param>
internal sealed class NetstatParser(bool hasDetail = false) : HeadedFileParser(
    new HeadedColumns("TcpExt:"u8.ToArray(), KernelKeys.Of("net/netstat", isV2: true).After("TcpExt "), hasDetail ? TcpDetailFigures.TcpExt : default));
