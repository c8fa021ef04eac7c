using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace NsCollector.Serve.Http;

/// <summary>
/// Encrypts connections below the HTTP protocol. Kestrel's UseHttps needs services that only a web host registers.
/// </summary>
/// <param name="certificate">The server's certificate with its key.</param>
/// <param name="chain">The intermediate certificates, which clients need.</param>
internal sealed class TlsConnections(X509Certificate2 certificate, X509Certificate2Collection chain)
{
    private readonly SslStreamCertificateContext _certificates = SslStreamCertificateContext.Create(certificate, chain, offline: true);

    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Does the handshake, and passes the decrypted connection on. If the handshake fails, closes the connection.</summary>
    internal async Task Serve(ConnectionContext connection, ConnectionDelegate next)
    {
        IDuplexPipe encrypted = connection.Transport;
        var stream = new SslStream(new DuplexPipeStream(encrypted));
        await using (stream.ConfigureAwait(false))
        {
            try
            {
                using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
                cancellation.CancelAfter(HandshakeTimeout);
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = _certificates }, cancellation.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or ConnectionAbortedException)
            {
                return;
            }

            var decrypted = new Pipes(PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true)), PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true)));
            try
            {
                connection.Transport = decrypted;
                await next(connection).ConfigureAwait(false);
            }
            finally
            {
                await decrypted.Input.CompleteAsync().ConfigureAwait(false);
                await decrypted.Output.CompleteAsync().ConfigureAwait(false);
                connection.Transport = encrypted;
            }
        }
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
