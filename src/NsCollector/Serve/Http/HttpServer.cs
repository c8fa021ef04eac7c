using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NsCollector.Linux.Interop;

namespace NsCollector.Serve.Http;

/// <summary>Listens on the configured addresses, with Kestrel. It runs on the thread pool, not on the sampling thread.</summary>
internal sealed class HttpServer : IDisposable
{
    private readonly KestrelServer _server;
    private readonly IHttpApplication<IFeatureCollection> _requests;
    private readonly ServerOptions _options;
    private readonly ServiceProvider _services;

    /// <param name="options">Addresses and limits.</param>
    /// <param name="requests">Answers the requests.</param>
    /// <param name="connections">Bounds the connections.</param>
    /// <param name="certificate">The server's certificate with its key; null for plain HTTP.</param>
    /// <param name="chain">The intermediate certificates.</param>
    internal HttpServer(
        ServerOptions options, IHttpApplication<IFeatureCollection> requests, OpenConnections connections, X509Certificate2? certificate = null, X509Certificate2Collection? chain = null)
    {
        _options = options;
        _requests = requests;

        // Kestrel logs a line for each malformed request, which anyone can send. So its log is off; clients see the error in the response.
        ILoggerFactory loggers = NullLoggerFactory.Instance;
        _services = new ServiceCollection().AddSingleton(loggers).AddLogging().BuildServiceProvider();
        var kestrel = new KestrelServerOptions { ApplicationServices = _services, AddServerHeader = false, AllowSynchronousIO = false };
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestHeaderCount = 64;
        limits.MaxRequestHeadersTotalSize = 16 << 10;
        limits.MaxRequestLineSize = 8 << 10;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);

        // Also the time until the first byte of a new connection.
        limits.KeepAliveTimeout = options.IdleTimeout;
        limits.MaxResponseBufferSize = options.ResponseBufferBytes;
        TlsConnections? tls = certificate is null ? null : new TlsConnections(certificate, chain ?? []);
        foreach (ListenAddress address in options.Listen)
        {
            kestrel.Listen(address.EndPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (tls is not null) listen.Use(next => connection => tls.Serve(connection, next));
            });
        }

        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers);
        _server = new KestrelServer(Options.Create(kestrel), new BoundedListenerFactory(sockets, connections), loggers);
    }

    /// <summary>Starts to listen.</summary>
    /// <returns>The reason of a failure; null on success.</returns>
    internal string? Start()
    {
        foreach (ListenAddress address in _options.Listen)
        {
            if (address.SocketPath is { } path && RemoveStale(path) is { } problem) return problem;
        }

        try
        {
            _server.StartAsync(_requests, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException or InvalidOperationException)
        {
            return $"cannot listen on {string.Join(", ", _options.Listen)} ([{_options.Section}] listen): {e.Message}";
        }

        return null;
    }

    /// <summary>Ends all connections within a time limit.</summary>
    internal void Stop(TimeSpan timeout)
    {
        using var cancellation = new CancellationTokenSource(timeout);
        try
        {
            _server.StopAsync(cancellation.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _server.Dispose();
        _services.Dispose();
    }

    // A killed process leaves its socket file behind. If a process still listens on it, it is another agent, and keeps the socket.
    private string? RemoveStale(string path)
    {
        // bind(2) would fail with a number that .NET shows as "cannot assign requested address".
        if (Path.GetDirectoryName(path) is { } directory && !Directory.Exists(directory)) return $"the directory {directory} ([{_options.Section}] listen) does not exist";

        // connect(2) returns the same error for files that are not sockets.
        if (Libc.StatxEntry(Libc.AT_FDCWD, System.Text.Encoding.UTF8.GetBytes(path + "\0"), out FileStatus status) < 0) return null;
        if (!status.IsSocket) return $"{path} ([{_options.Section}] listen) exists and is not a socket; choose another path";
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return $"another process listens on {path} ([{_options.Section}] listen); stop it, or choose another path";
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return null;
        }
        catch (SocketException e)
        {
            return $"cannot determine whether a process listens on {path} ([{_options.Section}] listen): {e.Message}";
        }
    }
}
