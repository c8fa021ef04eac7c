using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Text;

namespace NsCollector.LinuxTests.Host.Systemd;

/// <summary>A socket as systemd has it: a real unix datagram socket that messages arrive at.</summary>
internal sealed class NotifySocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[4096];

    internal NotifySocket(string address)
    {
        Address = address;
        _socket.Bind(new UnixDomainSocketEndPoint(address[0] == '@' ? "\0" + address[1..] : address));
    }

    /// <summary>The value for NOTIFY_SOCKET.</summary>
    internal string Address { get; }

    /// <summary>The next message; fails the test where none comes.</summary>
    internal string Receive()
    {
        Assert.True(TryReceive(TimeSpan.FromSeconds(30), out string? message), "no message came");
        return message;
    }

    /// <summary>The next message that has this line, passing over others.</summary>
    internal string ReceiveUntil(string line)
    {
        while (true)
        {
            string message = Receive();
            if (message.Split('\n').Contains(line)) return message;
        }
    }

    internal bool TryReceive(TimeSpan patience, [NotNullWhen(true)] out string? message)
    {
        message = null;
        if (!_socket.Poll(patience, SelectMode.SelectRead)) return false;
        message = Encoding.UTF8.GetString(_buffer, 0, _socket.Receive(_buffer));
        return true;
    }

    public void Dispose() => _socket.Dispose();
}
