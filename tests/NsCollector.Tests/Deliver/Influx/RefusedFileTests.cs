using System.Text;
using NsCollector.Deliver.Influx;
using NsCollector.Linux.Interop;

namespace NsCollector.Tests.Deliver.Influx;

public sealed class RefusedFileTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, 5, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();

    private string Path => System.IO.Path.Combine(_directory.Path, "a.refused.lp");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Append_writes_comment_with_time_and_reason_above_line()
    {
        using (RefusedFile file = new(Path, 10_000))
        {
            Assert.Equal(0, file.Append("m f=x 1\n"u8, "bad\nfield", Now));
            Assert.Equal(0, file.Append("m f=y 2"u8, "bad", Now));
        }
        Assert.Equal(
            "# 2026-11-21T12:00:00.005Z bad field\nm f=x 1\n# 2026-11-21T12:00:00.005Z bad\nm f=y 2\n",
            System.IO.File.ReadAllText(Path));
        Assert.Equal(0, (int)(System.IO.File.GetUnixFileMode(Path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite)));
    }

    [Fact]
    public void Append_keeps_both_files_under_limit_with_newest_line()
    {
        const int bound = 2000;
        using RefusedFile file = new(Path, bound);
        for (int i = 0; i < 500; i++)
        {
            Assert.Equal(0, file.Append(Encoding.UTF8.GetBytes($"m f=x {i}"), "bad", Now));
            string[] files = Directory.GetFiles(_directory.Path);
            Assert.True(files.Sum(path => new FileInfo(path).Length) <= bound);
            Assert.EndsWith($"m f=x {i}\n", System.IO.File.ReadAllText(Path), StringComparison.Ordinal);
        }
        Assert.Equal([Path, Path + ".1"], Directory.GetFiles(_directory.Path).Order());
        foreach (string path in Directory.GetFiles(_directory.Path))
            Assert.All(System.IO.File.ReadAllLines(path).Chunk(2), pair => Assert.True(pair[0].StartsWith('#') && pair[1].StartsWith('m')));
    }

    [Fact]
    public void Append_removes_files_over_a_lowered_limit()
    {
        System.IO.File.WriteAllText(Path, "m f=1 1\n" + new string('#', 5000) + "\n");
        System.IO.File.WriteAllText(Path + ".1", new string('#', 5000) + "\n");
        using RefusedFile file = new(Path, 2000);
        Assert.Equal(0, file.Append("m f=x 1"u8, "bad", Now));
        Assert.True(Directory.GetFiles(_directory.Path).Sum(path => new FileInfo(path).Length) <= 2000);
        Assert.EndsWith("m f=x 1\n", System.IO.File.ReadAllText(Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Append_ends_an_incomplete_line_first()
    {
        System.IO.File.WriteAllText(Path, "# x bad\nm f=");
        using RefusedFile file = new(Path, 2000);
        Assert.Equal(0, file.Append("m f=y 2"u8, "bad", Now));
        Assert.Equal("# x bad\nm f=\n# 2026-11-21T12:00:00.005Z bad\nm f=y 2\n", System.IO.File.ReadAllText(Path));
    }

    [Fact]
    public void Append_creates_a_moved_or_removed_file_again()
    {
        using RefusedFile file = new(Path, 2000);
        Assert.Equal(0, file.Append("m f=x 1"u8, "bad", Now));
        System.IO.File.Move(Path, Path + ".mine");
        Assert.Equal(0, file.Append("m f=y 2"u8, "bad", Now));
        Assert.Contains("m f=x 1", System.IO.File.ReadAllText(Path + ".mine"), StringComparison.Ordinal);
        Assert.EndsWith("m f=y 2\n", System.IO.File.ReadAllText(Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Append_failure_returns_errno()
    {
        using (RefusedFile file = new(Path, 2000))
        {
            Assert.Equal(-Errno.EFBIG, file.Append(new byte[1000], "bad", Now));
            Assert.False(System.IO.File.Exists(Path));
            Assert.Equal(0, file.Append("m f=x 1"u8, "bad", Now));
            using RefusedFile second = new(Path, 2000);
            Assert.Equal(-Errno.EAGAIN, second.Append("m f=x 1"u8, "bad", Now));
        }
        using RefusedFile missing = new(System.IO.Path.Combine(_directory.Path, "no/such/file"), 2000);
        Assert.Equal(-Errno.ENOENT, missing.Append("m f=x 1"u8, "bad", Now));
        using RefusedFile directory = new(_directory.Path, 2000);
        Assert.True(directory.Append("m f=x 1"u8, "bad", Now) < 0);
    }
}
