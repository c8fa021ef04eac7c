using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace NsCollector.TestSupport.Cri;

/// <summary>Unary gRPC calls over a Unix socket: HTTP/2 without upgrade, TLS and compression.</summary>
public sealed class GrpcSocket : IDisposable
{
    private const int PrefixLength = 5;

    private readonly HttpClient _client;

    public GrpcSocket(string path)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        _client = new HttpClient(handler) { BaseAddress = new Uri("http://localhost"), Timeout = TimeSpan.FromMinutes(2) };
    }

    /// <summary>Makes one call.</summary>
    /// <param name="method">The full name: <c>package.Service/Method</c>.</param>
    /// <param name="message">The request.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="InvalidOperationException">The status is not OK; the message has the server's message.</exception>
    /// <exception cref="HttpRequestException">There is no server, or it is not a gRPC server.</exception>
    public ProtobufMessage Call(string method, ProtobufMessage message)
    {
        byte[] bytes = message.ToBytes();
        byte[] body = new byte[PrefixLength + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), bytes.Length);
        bytes.CopyTo(body, PrefixLength);

        using var request = new HttpRequestMessage(HttpMethod.Post, method)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using HttpResponseMessage response = _client.SendAsync(request).GetAwaiter().GetResult();
        response.EnsureSuccessStatusCode();
        byte[] answer = response.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult();

        // A call that fails at once has its status in the headers instead of the trailers.
        string status = Header(response, "grpc-status");
        if (status != "0")
            throw new InvalidOperationException($"{method}: status {status}: {Uri.UnescapeDataString(Header(response, "grpc-message"))}");
        int length = BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(1));
        if (answer[0] != 0 || length != answer.Length - PrefixLength)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{method}: an answer of {answer.Length} bytes says it has {length}, compressed: {answer[0]}"));
        return ProtobufMessage.Parse(answer.AsSpan(PrefixLength));
    }

    public void Dispose() => _client.Dispose();

    private static string Header(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out IEnumerable<string>? values) || response.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : "";
}
