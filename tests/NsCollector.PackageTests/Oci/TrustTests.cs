using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NsCollector.PackageTests.Oci;

/// <summary>TLS in the image: the agent finds libssl, and trusts the image's CA certificates.</summary>
[Collection("podman")]
public sealed class TrustTests
{
    [PodmanFact]
    public async Task A_server_is_trusted_whose_certificate_the_bundle_has_and_no_other()
    {
        using var podman = new PodmanEngine("vfs");
        podman.Podman("load", "--quiet", "--input", ImageArchive.Path);
        using X509Certificate2 certificate = Certificate();
        string bundle = Path.GetTempFileName();
        using var stop = new CancellationTokenSource();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<int> server = ServeAsync(listener, certificate, stop.Token);
        try
        {
            await File.WriteAllTextAsync(bundle, certificate.ExportCertificatePem());
            string check = $"influx:main:url=https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}";

            string refused = await Task.Run(() => Check(podman, check));
            Assert.Contains("certificate", refused);
            string trusted = await Task.Run(() => Check(podman, check, "--volume", bundle + ":/etc/ssl/certs/ca-certificates.crt:ro"));
            Assert.DoesNotContain("certificate", trusted);
        }
        finally
        {
            await stop.CancelAsync();
            File.Delete(bundle);
        }

        Assert.True(await server > 0, "no request came through TLS");
    }

    private static string Check(PodmanEngine podman, string setting, params string[] options)
    {
        // A container without capabilities causes other findings, so the exit status says nothing about the server.
        string[] run = ["run", "--rm", "--network", "host", .. options, ImageArchive.Name, "check", "--set", setting, "--set", "influx:main:database=telemetry"];
        try
        {
            return Of(podman.Podman(run));
        }
        catch (InvalidOperationException ended)
        {
            return Of(ended.Message);
        }

        static string Of(string findings) => string.Join('\n', findings.Split('\n').Where(line => line.Contains("influx:main", StringComparison.Ordinal)));
    }

    // Answers every request like InfluxDB 1.x answers a ping or a write, and returns the number of requests.
    private static async Task<int> ServeAsync(TcpListener listener, X509Certificate2 certificate, CancellationToken stop)
    {
        int requests = 0;
        byte[] request = new byte[16384];
        while (true)
        {
            try
            {
                using TcpClient client = await listener.AcceptTcpClientAsync(stop);
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(certificate, clientCertificateRequired: false, checkCertificateRevocation: false);
                while (await stream.ReadAsync(request, stop) > 0)
                {
                    requests++;
                    await stream.WriteAsync("HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.6.7\r\nConnection: close\r\n\r\n"u8.ToArray(), stop);
                    break;
                }
            }
            catch (OperationCanceledException)
            {
                return requests;
            }
            catch (Exception refused) when (refused is IOException or System.Security.Authentication.AuthenticationException or SocketException)
            {
                // The client does not trust the certificate.
            }
        }
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }
}
