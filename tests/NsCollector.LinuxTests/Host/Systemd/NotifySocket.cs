using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Hosting.Systemd;

namespace NsCollector.LinuxTests.Host.Systemd;

/// <summary>A unix datagram socket that receives notifications, like that of systemd.</summary>
internal sealed class NotifySocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[4096];

    internal NotifySocket(string address)
    {
        Address = address;
        _socket.Bind(new UnixDomainSocketEndPoint(EndPointText(address)));
    }

    /// <summary>The value for NOTIFY_SOCKET.</summary>
    internal string Address { get; }

    /// <summary>The package's notifier for this socket, without setting NOTIFY_SOCKET in the test process.</summary>
    internal SystemdNotifier CreateNotifier() => PackageNotifier(EndPointText(Address));

    /// <summary>The package's notifier for any address.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    internal static extern SystemdNotifier PackageNotifier(string? path);

    /// <summary>Fills the socket's queue, so that the next message blocks its sender.</summary>
    internal void Fill()
    {
        using Socket sender = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        sender.Connect(new UnixDomainSocketEndPoint(EndPointText(Address)));
        for (int i = 0; i < 100_000; i++)
        {
            try
            {
                sender.Send("X=1"u8);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
            {
                return;
            }
        }

        Assert.Fail("the queue never becomes full");
    }

    /// <summary>The next message; fails the test if none arrives.</summary>
    internal string Receive()
    {
        Assert.True(TryReceive(TimeSpan.FromSeconds(30), out string? message), "no message came");
        return message;
    }

    /// <summary>The next message that has this line, skipping others.</summary>
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

    private static string EndPointText(string address) => address[0] == '@' ? "\0" + address[1..] : address;
}
