using NsCollector.Deliver.Http;

namespace NsCollector.Tests.Deliver.Influx;

public sealed class SecretFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("s3cr3t", "s3cr3t")]
    [InlineData("s3cr3t\n", "s3cr3t")]
    [InlineData("s3cr3t\r\n", "s3cr3t")]
    [InlineData("a b:ü\n", "a b:ü")]
    public void TryReadPassword_returns_one_line(string written, string read)
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
    public void TryReadPassword_invalid_content_is_refused_and_not_shown(string written, string reason)
    {
        Assert.Null(SecretFile.TryReadPassword(Write(written), null, out string problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
        Assert.DoesNotMatch("cr3t|kens3", problem);
        Assert.Null(SecretFile.TryReadToken(Write(written), null, out _));
    }

    [Theory]
    [InlineData("tökens3")]
    [InlineData("s3 cr3t")]
    public void TryReadToken_other_than_ascii_without_spaces_is_refused(string written)
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
    public void TryReadPassword_file_open_to_others_is_refused_with_remedy(UnixFileMode mode, string expected)
    {
        string path = Write("s3cr3t");
        System.IO.File.SetUnixFileMode(path, mode);
        Assert.Null(SecretFile.TryReadPassword(path, null, out string problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.Contains("chmod 0600 " + path, problem, StringComparison.Ordinal);
        System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Equal("s3cr3t", SecretFile.TryReadPassword(path, null, out _));
    }

    [Fact]
    public void TryReadPassword_link_to_file_open_to_others_is_refused()
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
    public void TryReadPassword_invalid_path_is_refused(string path, string reason)
    {
        Write("s3cr3t");
        Assert.Null(SecretFile.TryReadPassword(path, _directory.Path, out string problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void TryReadPassword_relative_path_is_a_credential()
    {
        Write("s3cr3t");
        Assert.Equal("s3cr3t", SecretFile.TryReadPassword("secret", _directory.Path, out _));
        Assert.Null(SecretFile.TryReadPassword("secret", null, out string problem));
        Assert.Contains("secret is not found in /etc/nscollector/credentials", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void TryReadToken_file_of_credential_directory_has_its_own_name()
    {
        // LoadCredential=nscollector:/etc/nscollector/credentials, systemd.exec(5).
        System.IO.File.Move(Write("s3cr3t"), Path.Combine(_directory.Path, "nscollector_influx.token"));
        Assert.Equal("s3cr3t", SecretFile.TryReadToken("influx.token", _directory.Path, out _));
        Assert.Null(SecretFile.TryReadToken("token", _directory.Path, out string problem));
        Assert.Contains("token is not found among the service's credentials", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void TryReadPassword_other_than_small_regular_file_is_refused()
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
