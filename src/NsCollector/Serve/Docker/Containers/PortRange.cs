using System.Globalization;

namespace NsCollector.Serve.Docker.Containers;

/// <summary>Ports of one protocol, as a filter has them: <c>80</c>, <c>80/udp</c>, <c>8000-8080/tcp</c>.</summary>
/// <param name="First">The first port.</param>
/// <param name="Last">The last port, included.</param>
/// <param name="Protocol">The protocol.</param>
internal readonly record struct PortRange(int First, int Last, string Protocol)
{
    /// <summary>Parses a range.</summary>
    /// <returns>False if it is malformed.</returns>
    internal static bool TryParse(string text, out PortRange range)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string protocol = slash < 0 ? "tcp" : text[(slash + 1)..];
        string[] ports = (slash < 0 ? text : text[..slash]).Split('-');
        int first = 0, last = 0;
        bool isRange = ports.Length is 1 or 2 && TryReadPort(ports[0], out first) && TryReadPort(ports[^1], out last) && first <= last;
        range = isRange ? new PortRange(first, last, protocol) : default;
        return isRange;
    }

    /// <summary>Whether it has a port.</summary>
    internal bool Contains(int port, string protocol) => port >= First && port <= Last && protocol == Protocol;

    /// <summary>Parses <c>PORT/PROTOCOL</c>, as configurations have it.</summary>
    internal static bool TryParsePort(string text, out int port, out string protocol)
    {
        bool isPort = TryParse(text, out PortRange range) && range.First == range.Last;
        port = range.First;
        protocol = range.Protocol ?? "";
        return isPort;
    }

    /// <summary>Parses a number of a port.</summary>
    internal static bool TryReadPort(string? text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue;
}
