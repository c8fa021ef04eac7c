using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mono.Unix.Native;
using NsCollector.Host.Configuration;

namespace NsCollector.Tests.Host.Configuration;

/// <summary>A secret file that cannot be used is a configuration error, and no message shows its content.</summary>
public sealed class SecretFileConfigurationTests : IDisposable
{
    private const string Version1 = "[influx:a]\nurl = https://h\ndatabase = d\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Valid_secret_files_are_accepted()
    {
        Secret("password", "hunter2\n", "0600");
        (string certificate, string key) = Certificate("a");
        Secret("certificate", certificate, "0644");
        Secret("key", key, "0600");
        Assert.Empty(Load(Version1 + $"user = u\npassword_file = {_directory.Path}/password\ntls_ca_file = {_directory.Path}/certificate\n" +
            $"tls_certificate_file = {_directory.Path}/certificate\ntls_key_file = {_directory.Path}/key\n").Errors);
    }

    [Fact]
    public void Credential_of_systemd_is_named_without_directory()
    {
        Secret("token", "hunter2", "0400");
        string text = Version1 + "token_file = token\n";
        Assert.Empty(Load(text, _directory.Path).Errors);
        ConfigurationError error = Assert.Single(Load(text).Errors);
        Assert.Equal((_directory.Path + "/nscollector.conf:4", "[influx:a] token_file"), (error.Origin, error.Key));
        Assert.Contains("is not found in /etc/nscollector/credentials", error.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hunter2\n", "0604", "it is accessible to all users (mode 0604): chmod 0600 ")]
    [InlineData("hunter2\n", "0602", "it is accessible to all users (mode 0602): chmod 0600 ")]
    [InlineData("", "0600", "it is empty")]
    [InlineData("\n", "0600", "it is empty")]
    [InlineData("hunter2\nhunter2\n", "0600", "it contains more than one line")]
    [InlineData("hunter2\u0007\n", "0600", "it contains control characters")]
    [InlineData(null, null, "it is not found")]
    public void Secret_file_that_is_unusable_is_reported_with_origin(string? content, string? mode, string expected)
    {
        if (content is not null) Secret("secret", content, mode!);
        foreach (string keys in (string[])["user = u\npassword_file = ", "gzip = on\ntoken_file = "])
        {
            ConfigurationError error = Assert.Single(Load(Version1 + keys + _directory.Path + "/secret").Errors);
            Assert.Equal((_directory.Path + "/nscollector.conf:5", _directory.Path + "/secret"), (error.Origin, error.Value));
            Assert.StartsWith(expected, error.Problem, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Secret_file_that_is_not_regular_is_refused()
    {
        Assert.Contains("it is not a regular file", Assert.Single(Load(Version1 + $"token_file = {_directory.Path}").Errors).Problem, StringComparison.Ordinal);
        Assert.Contains("it is not a regular file", Assert.Single(Load(Version1 + "token_file = /dev/zero").Errors).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Token_in_place_of_token_file_is_not_shown()
    {
        foreach (string? credentials in (string?[])[null, _directory.Path])
        {
            ConfigurationError error = Assert.Single(Load(Version1 + "token_file = hunter2", credentials).Errors);
            Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
            Assert.StartsWith(_directory.Path + "/nscollector.conf:4: [influx:a] token_file: ", error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Certificates_are_read_and_key_must_match()
    {
        (string certificate, string key) = Certificate("a");
        (_, string otherKey) = Certificate("b");
        string files = $"tls_certificate_file = {Secret("certificate", certificate, "0644")}\ntls_key_file = {_directory.Path}/key\n";

        Secret("key", otherKey, "0600");
        ConfigurationError error = Assert.Single(Load(Version1 + files).Errors);
        Assert.Equal(("[influx:a] tls_key_file", _directory.Path + "/key"), (error.Key, error.Value));
        Assert.Contains("it contains no unencrypted PEM key for the certificate", error.Problem, StringComparison.Ordinal);

        Secret("key", key, "0644");
        error = Assert.Single(Load(Version1 + files).Errors);
        Assert.Equal("[influx:a] tls_key_file", error.Key);
        Assert.StartsWith("it is accessible to all users", error.Problem, StringComparison.Ordinal);

        Secret("key", key, "0600");
        Secret("certificate", "no PEM", "0644");
        error = Assert.Single(Load(Version1 + files).Errors);
        Assert.Equal(("[influx:a] tls_certificate_file", "it contains no PEM certificate"), (error.Key, error.Problem));

        error = Assert.Single(Load(Version1 + "tls_ca_file = " + Secret("ca", key, "0600")).Errors);
        Assert.Equal(("[influx:a] tls_ca_file", "it contains no PEM certificate"), (error.Key, error.Problem));
    }

    [Theory]
    [InlineData("run", 78)]
    [InlineData("check", 78)]
    [InlineData("sample", 0)]
    [InlineData("spool list", 0)]
    public void Only_run_and_check_read_secret_files(string verb, int expected)
    {
        Secret("token", "hunter2", "0644");
        string file = _directory.Write("nscollector.conf", Version1 + $"token_file = {_directory.Path}/token\n[network]\nmode = off\n");
        (int exitCode, _, string error) = NsCollectorProcess.Run([.. verb.Split(' '), "--config", file], directory: _directory.Path);
        Assert.True(expected == exitCode, error);
        if (expected == 0) return;
        Assert.Equal($"nscollector: {file}:4: [influx:a] token_file = {_directory.Path}/token: it is accessible to all users (mode 0644): chmod 0600 {_directory.Path}/token\n", error);
    }

    private string Secret(string name, string content, string mode)
    {
        string path = _directory.Write(name, content);
        Assert.Equal(0, Syscall.chmod(path, (FilePermissions)Convert.ToInt32(mode, 8)));
        return path;
    }

    private static (string Certificate, string Key) Certificate(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private ConfigurationResult Load(string text, string? credentials = null) => ConfigurationLoader.Load(new ConfigurationSources
    {
        Config = _directory.Write("nscollector.conf", text),
        ReadsSecrets = true,
        Environment = credentials is null ? [] : [new("CREDENTIALS_DIRECTORY", credentials)],
    });
}
