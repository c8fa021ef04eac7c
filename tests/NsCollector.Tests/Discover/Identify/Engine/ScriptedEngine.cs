using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using NsCollector.Tests.Deliver.Influx;

namespace NsCollector.Tests.Discover.Identify.Engine;

/// <summary>An Engine API that answers correctly, except for what a test replaces.</summary>
internal sealed class ScriptedEngine : IDisposable
{
    private const string Json = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

    private readonly ScriptedServer _server;
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private readonly string _socket;
    private int _listed;
    private int _followed;
    private int _pinged;

    public ScriptedEngine(string socket)
    {
        _socket = socket;
        File.Delete(socket);
        OnEvents = Follow;
        OnList = connection => WriteJson(connection, List);
        OnPing = connection => connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK");
        _server = new ScriptedServer(Serve, socket);
    }

    /// <summary>The body of the list.</summary>
    public string List { get; set; } = "[]";

    /// <summary>Answers a request for the events, the list, a ping.</summary>
    public Func<ScriptedServer.Connection, Task> OnEvents { get; set; }

    public Func<ScriptedServer.Connection, Task> OnList { get; set; }

    public Func<ScriptedServer.Connection, Task> OnPing { get; set; }

    /// <summary>The number of requests for the events, the list, a ping.</summary>
    public int Followed => Volatile.Read(ref _followed);

    public int Listed => Volatile.Read(ref _listed);

    public int Pinged => Volatile.Read(ref _pinged);

    /// <summary>The number of connections so far.</summary>
    public int Connections => _server.Connections;

    /// <summary>One entry of the list, as Docker writes it.</summary>
    public static string Listing(string id, string name, string image = "nginx:1.27", params (string Key, string Value)[] labels) =>
        $$"""{"Id":{{Text(id)}},"Names":[{{Text("/" + name)}}],"Image":{{Text(image)}},"ImageID":"sha256:00","Ports":[{"PrivatePort":80}],"Labels":{{{Map(labels)}}},"State":"running"}""";

    /// <summary>One event, as Docker writes it.</summary>
    public static string Event(string action, string id, string? name, string image = "nginx:1.27", params (string Key, string Value)[] attributes) =>
        $$"""{"status":{{Text(action)}},"id":{{Text(id)}},"from":"x","Type":"container","Action":{{Text(action)}},"Actor":{"ID":{{Text(id)}},"Attributes":{""" +
        Map([.. attributes, ("image", image), .. name is null ? [] : new[] { ("name", name) }]) + """}},"scope":"local","time":1,"timeNano":1}""" + "\n";

    /// <summary>Sends an event.</summary>
    public void Happen(string line) => _events.Writer.TryWrite(line);

    public static string Chunk(string text) => string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(text):x}\r\n{Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text))}\r\n");

    /// <summary>The correct answer to a request for events.</summary>
    public async Task Follow(ScriptedServer.Connection connection)
    {
        await connection.Write(Json);
        await foreach (string line in _events.Reader.ReadAllAsync(connection.Stop)) await connection.Write(Chunk(line));
    }

    public static async Task WriteJson(ScriptedServer.Connection connection, string body)
    {
        await connection.Write(Json);
        if (body.Length > 0) await connection.Write(Chunk(body));
        await connection.Write("0\r\n\r\n");
    }

    public static Task Head(ScriptedServer.Connection connection) => connection.Write(Json);

    public void Dispose()
    {
        _server.Dispose();
        File.Delete(_socket);
    }

    private static string Text(string text) => '"' + JsonEncodedText.Encode(text).ToString() + '"';

    private static string Map((string Key, string Value)[] pairs) => string.Join(',', pairs.Select(pair => $"{Text(pair.Key)}:{Text(pair.Value)}"));

    private async Task Serve(ScriptedServer.Connection connection)
    {
        while (await connection.ReadHead())
        {
            string target = connection.Line.Split(' ')[1];
            if (target.StartsWith("/events?", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _followed);
                await OnEvents(connection);
                return;
            }

            if (target.StartsWith("/containers/json", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _listed);
                await OnList(connection);
            }
            else
            {
                Assert.Equal("/_ping", target);
                Interlocked.Increment(ref _pinged);
                await OnPing(connection);
            }
        }
    }
}
