using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Spool;
using NsCollector.Host.Check;
using NsCollector.Tests.Host.Inventory;

namespace NsCollector.Tests.Host.Check;

public sealed class SpoolCheckTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Spool => _directory.Path + "/spool";

    [Fact]
    public void Findings_without_influx_sink_are_empty() => Assert.Empty(SpoolCheck.Findings(Options(), [], DateTimeOffset.UtcNow));

    [Fact]
    public void Spool_turned_off_warns() =>
        Assert.Contains("are lost when the agent stops", Single(Options() with { Enabled = false }, Severity.Warn), StringComparison.Ordinal);

    [Fact]
    public void Missing_spool_is_ok_and_is_not_created()
    {
        Assert.Matches("missing, the agent will create it, [0-9]+ MiB free", Single(Options(), Severity.Ok));
        Assert.False(Directory.Exists(Spool));
    }

    [Fact]
    public void Missing_parent_directory_fails() =>
        Assert.Equal(
            $"spool: {_directory.Path}/x/spool: its parent directory is missing; create it: install -d -m 0700 {_directory.Path}/x",
            Single(Options() with { Path = _directory.Path + "/x/spool" }, Severity.Fail));

    [Fact]
    public void File_in_place_of_spool_fails() =>
        Assert.Equal($"spool: {_directory.Write("file", "")}: not a directory", Single(Options() with { Path = _directory.Path + "/file" }, Severity.Fail));

    [Fact]
    public void Max_size_above_free_space_warns() =>
        Assert.Contains("the disk fills up before max_size applies", Single(Options() with { MaxBytes = 1L << 50 }, Severity.Warn), StringComparison.Ordinal);

    [Fact]
    public void Waiting_files_are_listed_by_sink_with_oldest_age()
    {
        SpoolFiles.Write(Spool, "a", 1, "m f=1 1\nm f=2 2\n", TimeSpan.FromMinutes(125));
        SpoolFiles.Write(Spool, "a", 2, "m f=3 3\n", TimeSpan.FromMinutes(1));
        SpoolFiles.Write(Spool, "gone", 1, "m f=1 1\n");
        File.Move(SpoolFiles.Write(Spool, "a", 3, "m f=4 4\n"), Spool + "/a/0000000000000003-1-8-00000000.lp.gz.damaged");
        Finding[] findings = Findings(Options());
        Assert.Equal([Severity.Ok, Severity.Ok, Severity.Warn, Severity.Warn], findings.Select(finding => finding.Severity));
        Assert.Matches(@"^spool: influx:a: 2 files \(3 points, [0-9]+ bytes compressed\) are waiting, the oldest for 2h5m$", findings[1].Text);
        Assert.Equal("spool: influx:a: 1 damaged or refused files are kept for examination; list them with nscollector spool list", findings[2].Text);
        Assert.Contains("spool: influx:gone: 1 files", findings[3].Text, StringComparison.Ordinal);
        Assert.Contains("no sink with this name is configured", findings[3].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Spool_in_use_by_running_agent_is_ok()
    {
        using SpoolLock spoolLock = new(Spool);
        Assert.Equal(0, spoolLock.Ensure());
        Finding[] findings = Findings(Options());
        Assert.Equal([Severity.Ok, Severity.Ok], findings.Select(finding => finding.Severity));
        Assert.Equal($"spool: {Spool}: in use by a running agent (process {Environment.ProcessId}); a second agent cannot use it", findings[1].Text);
    }

    private SpoolOptions Options() => new() { Path = Spool, MaxBytes = 1 << 20 };

    private static Finding[] Findings(SpoolOptions options) => [.. SpoolCheck.Findings(options, [new InfluxSinkOptions { Name = "A" }], DateTimeOffset.UtcNow)];

    private static string Single(SpoolOptions options, Severity severity)
    {
        Finding finding = Assert.Single(Findings(options));
        Assert.Equal(severity, finding.Severity);
        return finding.Text;
    }
}
