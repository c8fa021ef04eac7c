using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NsCollector.RuntimeTests.Prometheus;

/// <summary>Who may read the page, with curl.</summary>
public sealed class AccessTests : IDisposable
{
    private const int WrongConfiguration = 78;

    private readonly string _directory = Directory.CreateTempSubdirectory("nscollector-http-").FullName;
    private readonly int _port = ServerProcess.FreePort();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [RequiresExecutableFact]
    public void Address_that_others_reach_is_refused_without_protection()
    {
        string[] words = AgentProgram.Words(AgentProgram.RunArguments(Path.Combine(_directory, "metrics.lp"), $"http:listen=0.0.0.0:{_port}"));
        (int status, _, string errors) = Command.Try(words[0], words[1..]);
        Assert.Equal(WrongConfiguration, status);
        Assert.Contains("insecure = on", errors, StringComparison.Ordinal);
    }

    [RequiresExecutableFact]
    public void Insecure_address_is_served_with_a_warning()
    {
        using var agent = new RunningAgent("http:insecure=on", $"http:listen=0.0.0.0:{_port}");
        Assert.Equal("200", Status("/metrics"));
        Assert.Contains("0.0.0.0", agent.Log, StringComparison.Ordinal);
        agent.Stop();
    }

    [RequiresExecutableFact]
    public void Token_and_password_open_the_page_and_probes_need_neither()
    {
        using var agent = new RunningAgent(
            $"http:token_file={Secret("token", "s3cret-token")}", "http:user=prom", $"http:password_file={Secret("password", "p4ss")}", $"http:listen=0.0.0.0:{_port}");
        Assert.Equal("401", Status("/metrics"));
        Assert.Equal("401", Status("/metrics", "-H", "Authorization: Bearer wrong"));
        Assert.Equal("401", Status("/metrics", "-u", "prom:wrong"));
        Assert.Equal("200", Status("/metrics", "-H", "Authorization: Bearer s3cret-token"));
        Assert.Equal("200", Status("/metrics", "-u", "prom:p4ss"));
        Assert.Equal(("200", "200"), (Status("/healthz"), Status("/readyz")));
        Assert.DoesNotContain("s3cret-token", agent.Log, StringComparison.Ordinal);
        agent.Stop();
    }

    [RequiresExecutableFact]
    public void Tls_is_served_with_the_certificate_and_plain_requests_are_not()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string certificate = Secret("server.pem", made.ExportCertificatePem());
        using var agent = new RunningAgent(
            $"http:tls_certificate_file={certificate}", $"http:tls_key_file={Secret("server.key", key.ExportPkcs8PrivateKeyPem())}", $"http:listen=0.0.0.0:{_port}");
        Assert.Equal("200", Command.Run("curl", "-s", "--cacert", certificate, "-o", "/dev/null", "-w", "%{http_code}", $"https://127.0.0.1:{_port}/metrics"));
        Assert.NotEqual(0, Command.Try("curl", "-sf", $"http://127.0.0.1:{_port}/metrics").Status);
        agent.Stop();
    }

    private string Status(string path, params string[] arguments) =>
        Command.Run("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", .. arguments, $"http://127.0.0.1:{_port}{path}"]);

    private string Secret(string name, string text)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllText(path, text + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
