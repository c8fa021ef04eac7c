using System.Collections.Frozen;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NsCollector.Linux.Interop;
using NsCollector.Telemetry;

namespace NsCollector.Serve.Http;

/// <summary>Listens on the configured addresses, with Kestrel. It runs on the thread pool, not on the sampling thread.</summary>
internal sealed class HttpServer : IDisposable
{
    private readonly KestrelServer _server;
    private readonly HttpRequests _requests;
    private readonly HttpOptions _options;
    private readonly ServiceProvider _services;

    /// <param name="options">Addresses and limits.</param>
    /// <param name="pages">The pages by path.</param>
    /// <param name="credentials">The credentials that a request must have.</param>
    /// <param name="certificate">The server's certificate with its key; null for plain HTTP.</param>
    /// <param name="chain">The intermediate certificates.</param>
    /// <param name="counters">Counts failed responses.</param>
    /// <param name="logger">Logs defects.</param>
    internal HttpServer(
        HttpOptions options, FrozenDictionary<string, IPage> pages, Credentials credentials, X509Certificate2? certificate, X509Certificate2Collection? chain,
        AgentCounters counters, ILogger logger)
    {
        _options = options;
        _requests = new HttpRequests(pages, credentials, options.ResponseTimeout, counters, new RateLimitedLog(logger));

        // Kestrel logs a line for each malformed request, which anyone can send. So its log is off; clients see the error in the response.
        ILoggerFactory loggers = NullLoggerFactory.Instance;
        _services = new ServiceCollection().AddSingleton(loggers).AddLogging().BuildServiceProvider();
        var kestrel = new KestrelServerOptions { ApplicationServices = _services, AddServerHeader = false, AllowSynchronousIO = false };
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxConcurrentConnections = options.MaxConnections;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestHeaderCount = 64;
        limits.MaxRequestHeadersTotalSize = 16 << 10;
        limits.MaxRequestLineSize = 8 << 10;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        limits.MaxResponseBufferSize = 64 << 10;
        TlsConnections? tls = certificate is null ? null : new TlsConnections(certificate, chain ?? []);
        foreach (ListenAddress address in options.Listen)
        {
            kestrel.Listen(address.EndPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (tls is not null) listen.Use(next => connection => tls.Serve(connection, next));
            });
        }

        _server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers), loggers);
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
            return $"cannot listen on {string.Join(", ", _options.Listen)} ([http] listen): {e.Message}";
        }

        return null;
    }

    /// <summary>Ends all connections within a time limit.</summary>
    internal void Stop(TimeSpan timeout)
    {
        _requests.EndStreams();
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
        _requests.Dispose();
        _services.Dispose();
    }

    // A killed process leaves its socket file behind. If a process still listens on it, it is another agent, and keeps the socket.
    private static string? RemoveStale(string path)
    {
        // connect(2) returns the same error for files that are not sockets.
        if (Libc.StatxEntry(Libc.AT_FDCWD, System.Text.Encoding.UTF8.GetBytes(path + "\0"), out FileStatus status) < 0) return null;
        if (!status.IsSocket) return $"{path} ([http] listen) exists and is not a socket; choose another path";
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return $"another process listens on {path} ([http] listen); stop it, or choose another path";
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return null;
        }
        catch (SocketException e)
        {
            return $"cannot determine whether a process listens on {path} ([http] listen): {e.Message}";
        }
    }
}
