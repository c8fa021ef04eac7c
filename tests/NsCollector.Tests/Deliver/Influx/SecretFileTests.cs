using System.Runtime.Versioning;
using NsCollector.Deliver.Influx.Http;

namespace NsCollector.Tests.Deliver.Influx;

[SupportedOSPlatform("linux")]
public sealed class SecretFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("s3cr3t", "s3cr3t")]
    [InlineData("s3cr3t\n", "s3cr3t")]
    [InlineData("s3cr3t\r\n", "s3cr3t")]
    [InlineData("a b:ü\n", "a b:ü")]
    public void A_password_is_one_line(string written, string read)
    {
        Assert.Equal(read, SecretFile.TryReadPassword(Write(written), null, out string problem));
        Assert.Empty(problem);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("\n", "empty")]
    [InlineData("s3cr3t\n\n", "more than one line")]
    [InlineData("s3cr3t\nx", "more than one line")]
    [InlineData("s3cr3t\0", "control characters")]
    [InlineData("s3\tcr3t", "control characters")]
    public void What_is_none_is_refused_and_not_shown(string written, string reason)
    {
        Assert.Null(SecretFile.TryReadPassword(Write(written), null, out string problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
        Assert.DoesNotMatch("cr3t|kens3", problem);
        Assert.Null(SecretFile.TryReadToken(Write(written), null, out _));
    }

    [Theory]
    [InlineData("tökens3")]
    [InlineData("s3 cr3t")]
    public void A_token_is_ascii_without_spaces(string written)
    {
        Assert.Null(SecretFile.TryReadToken(Write(written), null, out string problem));
        Assert.Contains("a token cannot", problem, StringComparison.Ordinal);
        Assert.DoesNotMatch("cr3t|kens3", problem);
        Assert.Equal("abc-._~+/==", SecretFile.TryReadToken(Write("abc-._~+/==\n"), null, out _));
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherRead, "mode 0404")]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherWrite, "mode 0402")]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherExecute, "mode 0401")]
    public void One_that_others_may_open_is_refused_with_what_to_do(UnixFileMode mode, string told)
    {
        string path = Write("s3cr3t");
        System.IO.File.SetUnixFileMode(path, mode);
        Assert.Null(SecretFile.TryReadPassword(path, null, out string problem));
        Assert.Contains(told, problem, StringComparison.Ordinal);
        Assert.Contains("chmod 0600 " + path, problem, StringComparison.Ordinal);
        System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Equal("s3cr3t", SecretFile.TryReadPassword(path, null, out _));
    }

    [Fact]
    public void A_link_to_one_that_others_may_read_is_refused_too()
    {
        string path = Write("s3cr3t"), link = Path.Combine(_directory.Path, "link");
        System.IO.File.CreateSymbolicLink(link, path);
        Assert.Equal("s3cr3t", SecretFile.TryReadPassword(link, null, out _));
        System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Null(SecretFile.TryReadPassword(link, null, out _));
    }

    [Theory]
    [InlineData("missing", "not found")]
    [InlineData("", "no file")]
    [InlineData("../secret", "is outside")]
    [InlineData("a/../../secret", "is outside")]
    [InlineData("sec\0ret", "not a path")]
    public void A_path_that_leads_to_none_is_refused(string path, string reason)
    {
        Write("s3cr3t");
        Assert.Null(SecretFile.TryReadPassword(path, _directory.Path, out string problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_relative_path_is_one_of_a_credential()
    {
        Write("s3cr3t");
        Assert.Equal("s3cr3t", SecretFile.TryReadPassword("secret", _directory.Path, out _));
        Assert.Null(SecretFile.TryReadPassword("secret", null, out string problem));
        Assert.Contains("secret is not found in /etc/nscollector/credentials", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_the_directory_that_the_unit_hands_over_goes_by_its_own_name()
    {
        // LoadCredential=nscollector:/etc/nscollector/credentials, systemd.exec(5).
        System.IO.File.Move(Write("s3cr3t"), Path.Combine(_directory.Path, "nscollector_influx.token"));
        Assert.Equal("s3cr3t", SecretFile.TryReadToken("influx.token", _directory.Path, out _));
        Assert.Null(SecretFile.TryReadToken("token", _directory.Path, out string problem));
        Assert.Contains("token is not found among the service's credentials", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Directories_pipes_devices_and_what_is_too_large_are_refused_at_once()
    {
        Assert.Null(SecretFile.TryReadPassword(_directory.Path, null, out string problem));
        Assert.Contains("not a regular file", problem, StringComparison.Ordinal);

        string pipe = Path.Combine(_directory.Path, "pipe");
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(pipe, Mono.Unix.Native.FilePermissions.S_IRUSR));
        Assert.Null(SecretFile.TryReadPassword(pipe, null, out problem));
        Assert.Contains("not a regular file", problem, StringComparison.Ordinal);

        Assert.Null(SecretFile.TryReadPassword("/dev/zero", null, out problem));
        Assert.Contains("not a regular file", problem, StringComparison.Ordinal);

        Assert.Null(SecretFile.TryReadPassword(Write(new string('x', SecretFile.MaxBytes + 1)), null, out problem));
        Assert.Contains("larger than", problem, StringComparison.Ordinal);
    }

    private string Write(string text)
    {
        string path = Path.Combine(_directory.Path, "secret");
        System.IO.File.WriteAllText(path, text);
        System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
