using System.Net.Sockets;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>Listens where dockerd listened, and greets everyone as a mail server does, for as long as it is not disposed of.</summary>
internal sealed class ImpostorEngine : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <param name="path">Of the socket, at which nothing is yet.</param>
    internal ImpostorEngine(string path)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true, Name = "impostor" }.Start();
    }

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        try
        {
            while (true)
            {
                using Socket client = _listener.Accept();
                Greet(client);
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The listener was disposed of.
        }
    }

    private static void Greet(Socket client)
    {
        try
        {
            client.Send("220 mail.example ESMTP\r\n"u8);
            client.Receive(new byte[4096]);
        }
        catch (SocketException)
        {
            // It went away meanwhile; the next one is greeted all the same.
        }
    }
}
