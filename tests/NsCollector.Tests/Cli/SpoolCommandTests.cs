using NsCollector.Tests.Host.Inventory;

namespace NsCollector.Tests.Cli;

/// <summary>Runs <c>nscollector spool</c> of the built program.</summary>
public sealed class SpoolCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Spool => _directory.Path + "/spool";

    [Theory]
    [InlineData("spool")]
    [InlineData("spool", "drop")]
    [InlineData("spool", "drop", "--all", "--sink", "a")]
    [InlineData("spool", "drop", "--all", "x")]
    [InlineData("spool", "drop", "--older-than", "5")]
    [InlineData("spool", "drop", "--older-than", "5m", "x")]
    [InlineData("spool", "show")]
    public void Invalid_command_line_exits_with_2_and_deletes_nothing(params string[] arguments)
    {
        string file = SpoolFiles.Write(Spool, "a", 1, "m f=1 1\n", TimeSpan.FromDays(1));
        (int exitCode, string output, string error) = Run(arguments);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains("See nscollector spool ", error, StringComparison.Ordinal);
        Assert.True(File.Exists(file));
    }

    [Fact]
    public void List_shows_files_oldest_first_and_totals_of_each_sink()
    {
        string second = SpoolFiles.Write(Spool, "b", 2, "m f=3 3\n", TimeSpan.FromMinutes(90));
        string first = SpoolFiles.Write(Spool, "b", 1, "m f=1 1\nm f=2 2\n", TimeSpan.FromHours(50));
        string damaged = SpoolFiles.Write(Spool, "a", 7, "m f=1 1\n") + ".damaged";
        File.Move(damaged[..^8], damaged);
        _directory.Write("spool/a/notes.txt", "");
        _directory.Write("spool/a/8.tmp", "");
        string[][] rows = Rows("spool", "list");
        Assert.Equal(["SINK", "FILE", "COLLECTED", "AGE", "POINTS", "BYTES", "COMPRESSED", "STATE"], rows[0]);
        Assert.Equal([Path.GetFileName(damaged), "1", Path.GetFileName(first), Path.GetFileName(second), "2"], rows[1..].Select(row => row[1]));
        Assert.Equal(["a", "1", "8", "damaged"], [rows[1][0], rows[1][4], rows[1][5], rows[1][^1]]);
        Assert.Equal(["b", "2d2h", "2", "16", new FileInfo(first).Length.ToString(), "waiting"], [rows[3][0], .. rows[3][3..]]);
        Assert.Equal("1h30m", rows[4][3]);
        Assert.Equal(["b", "2", "files", "2d2h", "3", "24", (new FileInfo(first).Length + new FileInfo(second).Length).ToString(), "total"], rows[5]);
        Assert.Equal([Path.GetFileName(first), Path.GetFileName(second), "2"], Rows("spool", "list", "--sink", "B")[1..].Select(row => row[1]));
    }

    [Fact]
    public void List_with_verify_reads_files()
    {
        SpoolFiles.Damage(SpoolFiles.Write(Spool, "a", 1, "m f=1 1\n"));
        SpoolFiles.Write(Spool, "a", 2, "m f=1 1\n");
        Assert.Equal(["waiting", "waiting", "total"], Rows("spool", "list")[1..].Select(row => row[^1]));
        Assert.Equal(["damaged", "waiting", "total"], Rows("spool", "list", "--verify")[1..].Select(row => row[^1]));
    }

    [Fact]
    public void List_of_empty_or_missing_spool_is_empty()
    {
        Assert.Equal((0, "the spool is empty\n", ""), Run("spool", "list"));
        Directory.CreateDirectory(Spool + "/a");
        Assert.Equal((0, "the spool is empty\n", ""), Run("spool", "list"));
        Assert.False(File.Exists(Spool + "/lock"));
    }

    [Fact]
    public void Show_accepts_path_name_and_sink_with_name()
    {
        string lines = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"container_cpu,name=c{i} usage_ns={i * 7919L}i {i}\n"));
        string path = SpoolFiles.Write(Spool, "a", 1, lines);
        string name = Path.GetFileName(path);
        foreach (string way in (string[])[path, name, "a/" + name, "spool/a/" + name]) Assert.Equal((0, lines, ""), Run("spool", "show", way));
        File.Copy(path, _directory.Path + "/copy");
        Assert.Equal((0, lines, ""), Run("spool", "show", "copy"));

        SpoolFiles.Write(Spool, "b", 1, lines);
        (int exitCode, string output, string error) = Run("spool", "show", name);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains($"several sinks have a file with this name: a/{name}, b/{name}", error, StringComparison.Ordinal);
        Assert.Equal(0, Run("spool", "show", "b/" + name).ExitCode);
    }

    [Fact]
    public void Show_of_damaged_file_prints_whole_lines_and_exits_with_1()
    {
        string lines = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"container_cpu,name=c{i} usage_ns={i * 7919L}i {i}\n"));
        string cut = SpoolFiles.Write(Spool, "a", 1, lines);
        using (FileStream file = File.OpenWrite(cut)) file.SetLength(file.Length / 2);
        (int exitCode, string output, string error) = Run("spool", "show", cut);
        Assert.Equal(1, exitCode);
        Assert.StartsWith(output, lines, StringComparison.Ordinal);
        Assert.InRange(output.Length, lines.Length / 4, lines.Length - 1);
        Assert.EndsWith("\n", output, StringComparison.Ordinal);
        Assert.Contains($"{cut}: damaged: ", error, StringComparison.Ordinal);

        string noise = SpoolFiles.Write(Spool, "a", 2, lines);
        File.WriteAllBytes(noise, [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 31))]);
        (exitCode, output, error) = Run("spool", "show", noise);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("damaged", error, StringComparison.Ordinal);

        // Valid gzip whose checksum differs from the one in the name.
        string other = SpoolFiles.Write(Spool, "a", 3, "m f=1 1\n");
        string forged = Path.Join(Spool, "a", "0000000000000003-1-8-00000000.lp.gz");
        File.Move(other, forged);
        (exitCode, output, error) = Run("spool", "show", forged);
        Assert.Equal((1, "m f=1 1\n"), (exitCode, output));
        Assert.Contains("the checksum differs from the one in its name", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("/proc")]
    [InlineData("")]
    public void Show_of_missing_file_or_directory_exits_with_1(string file)
    {
        (int exitCode, string output, string error) = Run("spool", "show", file);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith("nscollector: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_with_closed_pipe_exits_with_0()
    {
        string lines = string.Concat(Enumerable.Range(0, 200_000).Select(i => $"container_cpu,name=c{i} usage_ns={i * 7919L}i {i}\n"));
        string path = SpoolFiles.Write(Spool, "a", 1, lines);
        using NsCollectorProcess process = NsCollectorProcess.Start(["spool", "show", path], directory: _directory.Path,
            through: ["sh", "-c", "{ \"$@\"; echo $? >status; } | head -n 1", "sh"]);
        Assert.Equal((0, lines[..(lines.IndexOf('\n', StringComparison.Ordinal) + 1)], ""), process.WaitForEnd());
        Assert.Equal("0\n", File.ReadAllText(_directory.Path + "/status"));
    }

    [Fact]
    public void Drop_deletes_named_files_and_counts_points()
    {
        string a1 = SpoolFiles.Write(Spool, "a", 1, "m f=1 1\nm f=2 2\n"), a2 = SpoolFiles.Write(Spool, "a", 2, "m f=3 3\n");
        string b1 = SpoolFiles.Write(Spool, "b", 1, "m f=4 4\n");
        Assert.Equal((0, "dropped 1 file with 2 points\n", ""), Run("spool", "drop", Path.GetFileName(a1), a1));
        Assert.Equal([false, true, true], [File.Exists(a1), File.Exists(a2), File.Exists(b1)]);

        (int exitCode, string output, string error) = Run("spool", "drop", Path.GetFileName(a1), "b/" + Path.GetFileName(b1));
        Assert.Equal((1, "dropped 1 file with 1 points\n"), (exitCode, output));
        Assert.Equal($"nscollector: {Path.GetFileName(a1)}: no such file in the spool\n", error);
        Assert.Equal([true, false], [File.Exists(a2), File.Exists(b1)]);
    }

    [Fact]
    public void Drop_by_sink_and_age_deletes_files_that_match_both()
    {
        string oldOfA = SpoolFiles.Write(Spool, "a", 1, "m f=1 1\n", TimeSpan.FromHours(3)), newOfA = SpoolFiles.Write(Spool, "a", 2, "m f=1 1\n", TimeSpan.FromMinutes(30));
        string oldOfB = SpoolFiles.Write(Spool, "b", 1, "m f=1 1\n", TimeSpan.FromHours(3));
        Assert.Equal((0, "dropped 1 file with 1 points\n", ""), Run("spool", "drop", "--sink", "a", "--older-than", "1h"));
        Assert.Equal([false, true, true], [File.Exists(oldOfA), File.Exists(newOfA), File.Exists(oldOfB)]);
        Assert.Equal((0, "dropped 0 files with 0 points\n", ""), Run("spool", "drop", "--older-than", "4h"));
        Assert.Equal((0, "dropped 1 file with 1 points\n", ""), Run("spool", "drop", "--sink", "b"));
        Assert.True(File.Exists(newOfA));
    }

    [Fact]
    public void Drop_all_deletes_only_spool_files()
    {
        string file = SpoolFiles.Write(Spool, "a", 1, "m f=1 1\n"), refusedFile = SpoolFiles.Write(Spool, "a", 2, "m f=1 1\n");
        File.Move(refusedFile, refusedFile + ".refused");
        string other = _directory.Write("spool/a/keep.lp.gz", ""), refused = _directory.Write("spool/a.refused.lp", "m f=1 1\n");
        Assert.Equal((0, "dropped 2 files with 2 points\n", ""), Run("spool", "drop", "--all"));
        Assert.Equal([false, false, true, true], [File.Exists(file), File.Exists(refusedFile + ".refused"), File.Exists(other), File.Exists(refused)]);
        (int exitCode, _, _) = Run("spool", "drop", other);
        Assert.Equal(1, exitCode);
        Assert.True(File.Exists(other));
    }

    [Fact]
    public void Spool_path_comes_from_configuration()
    {
        SpoolFiles.Write(_directory.Path + "/elsewhere", "a", 1, "m f=1 1\n");
        Assert.Equal(3, Rows("spool", "list", "--set", "spool:path=elsewhere").Length);
        (int exitCode, _, string error) = Run("spool", "list", "--set", "spool:pth=elsewhere");
        Assert.Equal(78, exitCode);
        Assert.Contains("did you mean path?", error, StringComparison.Ordinal);
    }

    private string[][] Rows(params string[] arguments)
    {
        (int exitCode, string output, string error) = Run(arguments);
        Assert.Equal((0, ""), (exitCode, error));
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    }

    private (int ExitCode, string Output, string Error) Run(params string[] arguments) => NsCollectorProcess.Run(arguments, directory: _directory.Path);
}
