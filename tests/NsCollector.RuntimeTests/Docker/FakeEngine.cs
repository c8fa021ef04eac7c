using System.Net.Sockets;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>Listens on dockerd's socket and answers every connection like a mail server, until it is disposed.</summary>
internal sealed class FakeEngine : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <param name="path">The path of the socket, which must not exist.</param>
    internal FakeEngine(string path)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true, Name = "fake" }.Start();
    }

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        try
        {
            while (true)
            {
                using Socket client = _listener.Accept();
                SendGreeting(client);
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The listener was disposed.
        }
    }

    private static void SendGreeting(Socket client)
    {
        try
        {
            client.Send("220 mail.example ESMTP\r\n"u8);
            client.Receive(new byte[4096]);
        }
        catch (SocketException)
        {
            // The other end closed the connection; accept the next one.
        }
    }
}
