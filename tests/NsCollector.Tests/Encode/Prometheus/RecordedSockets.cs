using System.Globalization;
using NsCollector.Catalogue;
using NsCollector.Sample;

namespace NsCollector.Tests.Encode.Prometheus;

/// <summary>Counts the rows of /proc/PID/net/tcp and the others, as cAdvisor does. The agent asks the kernel for the same sockets by inet_diag.</summary>
internal static class RecordedSockets
{
    /// <summary>Sets the readings of container_connections.</summary>
    public static void Count(Dictionary<string, string> files, ReadingSet readings)
    {
        if (!files.ContainsKey("net/tcp")) return;
        (string State, Reading Both, Reading Ipv6)[] states =
        [
            ("01", Reading.ConnectionsEstablished, Reading.ConnectionsIpv6Established), ("02", Reading.ConnectionsSynSent, Reading.ConnectionsIpv6SynSent),
            ("03", Reading.ConnectionsSynRecv, Reading.ConnectionsIpv6SynRecv), ("04", Reading.ConnectionsFinWait1, Reading.ConnectionsIpv6FinWait1),
            ("05", Reading.ConnectionsFinWait2, Reading.ConnectionsIpv6FinWait2), ("06", Reading.ConnectionsTimeWait, Reading.ConnectionsIpv6TimeWait),
            ("07", Reading.ConnectionsClose, Reading.ConnectionsIpv6Close), ("08", Reading.ConnectionsCloseWait, Reading.ConnectionsIpv6CloseWait),
            ("09", Reading.ConnectionsLastAck, Reading.ConnectionsIpv6LastAck), ("0A", Reading.ConnectionsListen, Reading.ConnectionsIpv6Listen),
            ("0B", Reading.ConnectionsClosing, Reading.ConnectionsIpv6Closing),
        ];
        foreach ((string state, Reading both, Reading ipv6) in states) Set("tcp", both, ipv6, row => row[3] == state ? 1 : 0);
        Set("udp", Reading.ConnectionsUdpSockets, Reading.ConnectionsUdpIpv6Sockets, _ => 1);
        Set("udp", Reading.ConnectionsUdpDrops, Reading.ConnectionsUdpIpv6Drops, row => long.Parse(row[12], CultureInfo.InvariantCulture));
        Set("udp", Reading.ConnectionsUdpSendQueueBytes, Reading.ConnectionsUdpIpv6SendQueueBytes, row => Convert.ToInt64(row[4].Split(':')[0], 16));
        Set("udp", Reading.ConnectionsUdpReceiveQueueBytes, Reading.ConnectionsUdpIpv6ReceiveQueueBytes, row => Convert.ToInt64(row[4].Split(':')[1], 16));

        void Set(string protocol, Reading both, Reading ipv6, Func<string[], long> figure)
        {
            long second = Sum($"net/{protocol}6");
            readings.Set(both, Sum($"net/{protocol}") + second);
            readings.Set(ipv6, second);

            long Sum(string file) => files[file].Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Sum(row => figure(row.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        }
    }
}
