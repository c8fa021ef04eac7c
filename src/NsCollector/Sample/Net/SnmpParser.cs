using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>/proc/net/snmp (snmp_seq_show in net/ipv4/proc.c): the lines <c>Tcp:</c> and <c>Udp:</c>.</summary>
internal sealed class SnmpParser() : HeadedFileParser(
    new HeadedColumns("Tcp:"u8.ToArray(),
    [
        ("ActiveOpens"u8.ToArray(), Reading.TcpActiveOpens),
        ("PassiveOpens"u8.ToArray(), Reading.TcpPassiveOpens),
        ("AttemptFails"u8.ToArray(), Reading.TcpAttemptFails),
        ("EstabResets"u8.ToArray(), Reading.TcpEstabResets),
        ("CurrEstab"u8.ToArray(), Reading.TcpCurrEstab),
        ("InSegs"u8.ToArray(), Reading.TcpInSegs),
        ("OutSegs"u8.ToArray(), Reading.TcpOutSegs),
        ("RetransSegs"u8.ToArray(), Reading.TcpRetransSegs),
        ("InErrs"u8.ToArray(), Reading.TcpInErrs),
        ("OutRsts"u8.ToArray(), Reading.TcpOutRsts),
    ]),
    new HeadedColumns("Udp:"u8.ToArray(),
    [
        ("InDatagrams"u8.ToArray(), Reading.UdpInDatagrams),
        ("NoPorts"u8.ToArray(), Reading.UdpNoPorts),
        ("InErrors"u8.ToArray(), Reading.UdpInErrors),
        ("OutDatagrams"u8.ToArray(), Reading.UdpOutDatagrams),
        ("RcvbufErrors"u8.ToArray(), Reading.UdpRcvbufErrors),
        ("SndbufErrors"u8.ToArray(), Reading.UdpSndbufErrors),
    ]));
