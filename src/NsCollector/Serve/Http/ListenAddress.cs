using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace NsCollector.Serve.Http;

/// <summary>An address to listen on: an IP address and a port, or a unix socket.</summary>
/// <param name="Text">As configured.</param>
/// <param name="EndPoint">The parsed address.</param>
internal sealed record ListenAddress(string Text, EndPoint EndPoint)
{
    private const string Unix = "unix:";

    /// <summary>The path of the unix socket; null for an IP address.</summary>
    internal string? SocketPath => EndPoint is UnixDomainSocketEndPoint ? Text[Unix.Length..] : null;

    /// <summary>Whether only this host can reach it.</summary>
    internal bool IsLocal => EndPoint is not IPEndPoint ip || IPAddress.IsLoopback(ip.Address);

    /// <summary>Parses <c>ADDRESS:PORT</c>, <c>localhost:PORT</c> or <c>unix:PATH</c>.</summary>
    internal static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address)
    {
        address = null;
        if (text.StartsWith(Unix, StringComparison.Ordinal))
        {
            string path = text[Unix.Length..];

            // The kernel's limit for a path (unix(7)), less the NUL byte.
            if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal) || System.Text.Encoding.UTF8.GetByteCount(path) > 107) return false;
            address = new ListenAddress(text, new UnixDomainSocketEndPoint(path));
            return true;
        }

        string number = text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" + text["localhost".Length..] : text;
        if (!IPEndPoint.TryParse(number, out IPEndPoint? ip) || ip.Port == 0) return false;
        address = new ListenAddress(text, ip);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
