using System.Net;

namespace NsCollector.Tests.Host.Check;

/// <summary>An HTTP server on loopback, in this process, that answers each request as the test defines.</summary>
internal sealed class AnsweringServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<HttpListenerRequest, HttpListenerResponse, string> _answer;

    /// <param name="answer">Sets the head of the response, and returns its body.</param>
    internal AnsweringServer(Func<HttpListenerRequest, HttpListenerResponse, string> answer)
    {
        _answer = answer;
        Port = FreePort();
        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _ = Serve();
    }

    internal int Port { get; }

    internal string Url => $"http://127.0.0.1:{Port}";

    /// <summary>The received requests, as "METHOD path?query".</summary>
    internal List<string> Asked { get; } = [];

    /// <summary>A free port on loopback.</summary>
    internal static int FreePort()
    {
        using System.Net.Sockets.TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose() => _listener.Close();

    private async Task Serve()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                lock (Asked) Asked.Add($"{context.Request.HttpMethod} {context.Request.RawUrl}");
                Answer(context);
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private void Answer(HttpListenerContext context)
    {
        try
        {
            string body = _answer(context.Request, context.Response);
            if (context.Response.StatusCode != 204) context.Response.OutputStream.Write(System.Text.Encoding.UTF8.GetBytes(body));
            context.Response.Close();
        }
        catch (HttpListenerException)
        {
            // The client has closed the connection; continue with the next request.
        }
    }
}
