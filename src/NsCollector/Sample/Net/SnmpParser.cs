using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>/proc/net/snmp (snmp_seq_show in net/ipv4/proc.c): the lines <c>Tcp:</c> and <c>Udp:</c>.</summary>
/// <param name="hasDetail">Whether <see cref="TcpDetailFigures"/> are parsed, too.</param>
internal sealed class SnmpParser(bool hasDetail = false) : HeadedFileParser(
    new HeadedColumns("Tcp:"u8.ToArray(), KernelKeys.Of("net/snmp", isV2: true).After("Tcp "), hasDetail ? TcpDetailFigures.Tcp : default),
    new HeadedColumns("Udp:"u8.ToArray(), KernelKeys.Of("net/snmp", isV2: true).After("Udp ")));
