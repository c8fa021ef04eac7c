using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Influx.Http;

namespace NsCollector.Tests.Deliver.Influx;

public sealed class InfluxTlsTests : IDisposable
{
    private const string NoContent = "HTTP/1.1 204 No Content\r\n\r\n";

    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly TemporaryDirectory _directory = new();
    private readonly X509Certificate2 _authority;

    public InfluxTlsTests()
    {
        using ECDsa key = ECDsa.Create();
        CertificateRequest request = new("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(Now.AddYears(-2), Now.AddYears(2));
        Write("ca.pem", _authority.ExportCertificatePem());
    }

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Ping_trusts_only_servers_of_a_configured_authority()
    {
        using ScriptedServer server = Server(Certificate("localhost"));
        Assert.Equal(AnswerKind.Taken, Ping(server, ca: "ca.pem").Kind);

        ServerAnswer answer = Ping(server, ca: "");
        Assert.Equal(AnswerKind.TlsFailed, answer.Kind);
        Assert.Contains("its certificate authority is not trusted", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Ping_trusts_each_authority_of_the_file()
    {
        using ECDsa key = ECDsa.Create();
        CertificateRequest request = new("CN=other", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 other = request.CreateSelfSigned(Now.AddYears(-2), Now.AddYears(2));
        Write("both.pem", "# ours\n" + other.ExportCertificatePem() + "\n\n" + _authority.ExportCertificatePem() + "\n");
        Write("other.pem", other.ExportCertificatePem());
        using ScriptedServer server = Server(Certificate("localhost"));
        Assert.Equal(AnswerKind.Taken, Ping(server, ca: "both.pem").Kind);
        Assert.Equal(AnswerKind.TlsFailed, Ping(server, ca: "other.pem").Kind);
    }

    [Fact]
    public void Ping_certificate_of_another_host_is_refused_with_its_names()
    {
        using ScriptedServer server = Server(Certificate("db.example"));
        ServerAnswer answer = Ping(server, ca: "ca.pem");
        Assert.Equal(AnswerKind.TlsFailed, answer.Kind);
        Assert.Equal("the server's certificate is refused: it is for another host (db.example)", answer.Reason);
    }

    [Theory]
    [InlineData(-100, -10, "it expired on")]
    [InlineData(10, 100, "it is not valid before")]
    public void Ping_certificate_outside_validity_is_refused_with_date(int fromDays, int toDays, string expected)
    {
        using ScriptedServer server = Server(Certificate("localhost", Now.AddDays(fromDays), Now.AddDays(toDays)));
        ServerAnswer answer = Ping(server, ca: "ca.pem");
        Assert.Equal(AnswerKind.TlsFailed, answer.Kind);
        Assert.Contains(expected, answer.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("authority", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Ping_certificate_not_for_servers_is_refused()
    {
        using ScriptedServer server = Server(Certificate("localhost", usage: "1.3.6.1.5.5.7.3.2"));
        ServerAnswer answer = Ping(server, ca: "ca.pem");
        Assert.Equal(AnswerKind.TlsFailed, answer.Kind);
        Assert.Contains("it is not a server certificate", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Ping_without_verification_accepts_any_certificate()
    {
        using ScriptedServer server = Server(Certificate("db.example", Now.AddDays(-100), Now.AddDays(-10)));
        Assert.Equal(AnswerKind.Taken, Ping(server, ca: "", verify: false).Kind);
    }

    [Fact]
    public void Ping_sends_client_certificate_on_request()
    {
        using X509Certificate2 ours = Certificate("agent", usage: "1.3.6.1.5.5.7.3.2");
        Write("agent.pem", ours.ExportCertificatePem());
        string key = Write("agent.key", ours.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        string? seen = null;
        using ScriptedServer server = Server(Certificate("localhost"), certificate => seen = certificate?.Subject);
        Assert.Equal(AnswerKind.Taken, Ping(server, ca: "ca.pem", certificate: "agent.pem", key: "agent.key").Kind);
        Assert.Equal("CN=agent", seen);

        ServerAnswer answer = Ping(server, ca: "ca.pem");
        Assert.Contains(answer.Kind, new[] { AnswerKind.TlsFailed, AnswerKind.Unreachable });

        System.IO.File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        answer = Ping(server, ca: "ca.pem", certificate: "agent.pem", key: "agent.key");
        Assert.Equal(AnswerKind.NotConfigured, answer.Kind);
        Assert.Contains("chmod 0600", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Ping_invalid_certificate_or_key_file_is_reported()
    {
        using ScriptedServer server = Server(Certificate("localhost"));
        using X509Certificate2 ours = Certificate("agent");
        using ECDsa another = ECDsa.Create();
        Write("empty.pem", "nothing\n");
        Write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Write("agent.pem", ours.ExportCertificatePem());
        Write("another.key", another.ExportPkcs8PrivateKeyPem());
        Write("locked.key", ours.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1)));
        foreach (ServerAnswer answer in new[]
        {
            Ping(server, ca: "empty.pem"),
            Ping(server, ca: "broken.pem"),
            Ping(server, ca: "missing.pem"),
            Ping(server, ca: "ca.pem", certificate: "empty.pem", key: "another.key"),
            Ping(server, ca: "ca.pem", certificate: "agent.pem", key: "another.key"),
            Ping(server, ca: "ca.pem", certificate: "agent.pem", key: "locked.key"),
        })
        {
            Assert.Equal(AnswerKind.NotConfigured, answer.Kind);
            Assert.Contains(_directory.Path, answer.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Ping_server_without_tls_is_reported()
    {
        // As Go's servers do with a handshake.
        using ScriptedServer server = new(connection => connection.Write("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"));
        using InfluxClient client = new(Options(server, "ca.pem"), TimeProvider.System);
        ServerAnswer answer = client.Ping(default);
        Assert.Equal(AnswerKind.TlsFailed, answer.Kind);
        Assert.Contains("does not speak TLS", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Ping_reads_renewed_authority_after_a_refusal()
    {
        using ScriptedServer server = Server(Certificate("localhost"));
        using ECDsa key = ECDsa.Create();
        using X509Certificate2 old = new CertificateRequest("CN=old", key, HashAlgorithmName.SHA256).CreateSelfSigned(Now.AddYears(-2), Now.AddYears(2));
        Write("changing.pem", old.ExportCertificatePem());
        using InfluxClient client = new(Options(server, "changing.pem"), TimeProvider.System);
        Assert.Equal(AnswerKind.TlsFailed, client.Ping(default).Kind);
        Write("changing.pem", _authority.ExportCertificatePem());
        Assert.Equal(AnswerKind.Taken, client.Ping(default).Kind);
    }

    private ServerAnswer Ping(ScriptedServer server, string ca, bool verify = true, string certificate = "", string key = "")
    {
        InfluxSinkOptions options = Options(server, ca) with
        {
            TlsVerify = verify,
            TlsCertificateFile = certificate.Length > 0 ? Path.Combine(_directory.Path, certificate) : "",
            TlsKeyFile = key.Length > 0 ? Path.Combine(_directory.Path, key) : "",
        };
        using InfluxClient client = new(options, TimeProvider.System);
        return client.Ping(default);
    }

    private InfluxSinkOptions Options(ScriptedServer server, string ca) => new()
    {
        Name = "a",
        Url = $"https://localhost:{server.Port}",
        Database = "d",
        UseProxy = false,
        TlsCaFile = ca.Length > 0 ? Path.Combine(_directory.Path, ca) : "",
    };

    private static ScriptedServer Server(X509Certificate2 certificate, Action<X509Certificate?>? wanted = null) =>
        ScriptedServer.Answering(NoContent, wrap: async stream =>
        {
            SslStream tls = new(stream);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                EnabledSslProtocols = SslProtocols.Tls12,
                ClientCertificateRequired = wanted is not null,
                RemoteCertificateValidationCallback = (_, client, _, _) =>
                {
                    wanted?.Invoke(client);
                    return wanted is null || client is not null;
                },
            });
            return tls;
        });

    private X509Certificate2 Certificate(string name, DateTimeOffset? from = null, DateTimeOffset? to = null, string usage = "1.3.6.1.5.5.7.3.1")
    {
        using ECDsa key = ECDsa.Create();
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        byte[] serial = RandomNumberGenerator.GetBytes(8);
        using X509Certificate2 bare = request.Create(_authority, from ?? Now.AddDays(-100), to ?? Now.AddDays(100), serial);
        return bare.CopyWithPrivateKey(key);
    }

    private string Write(string name, string text)
    {
        string path = _directory.Write(name, text);
        System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
