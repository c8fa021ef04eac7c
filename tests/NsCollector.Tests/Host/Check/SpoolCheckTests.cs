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
    public void Without_a_sink_that_spools_nothing_is_said() => Assert.Empty(SpoolCheck.Findings(Options(), [], DateTimeOffset.UtcNow));

    [Fact]
    public void A_spool_that_is_off_is_warned_of() =>
        Assert.Contains("is lost when the agent ends", Single(Options() with { Enabled = false }, Severity.Warn), StringComparison.Ordinal);

    [Fact]
    public void A_spool_that_is_not_there_yet_will_be_made_but_is_not_by_asking()
    {
        Assert.Matches("it is not there yet, and will be made, [0-9]+ MiB free", Single(Options(), Severity.Ok));
        Assert.False(Directory.Exists(Spool));
    }

    [Fact]
    public void The_directory_above_it_must_be_there() =>
        Assert.Equal(
            $"spool: {_directory.Path}/x/spool: the directory above it is missing; make it: install -d -m 0700 {_directory.Path}/x",
            Single(Options() with { Path = _directory.Path + "/x/spool" }, Severity.Fail));

    [Fact]
    public void A_file_in_its_place_fails() =>
        Assert.Equal($"spool: {_directory.Write("file", "")}: it is not a directory", Single(Options() with { Path = _directory.Path + "/file" }, Severity.Fail));

    [Fact]
    public void A_bound_that_the_disk_cannot_hold_is_warned_of() =>
        Assert.Contains("the disk would be full before max_size is reached", Single(Options() with { MaxBytes = 1L << 50 }, Severity.Warn), StringComparison.Ordinal);

    [Fact]
    public void What_waits_is_told_by_sink_with_the_age_of_the_oldest()
    {
        SpoolFiles.Write(Spool, "a", 1, "m f=1 1\nm f=2 2\n", TimeSpan.FromMinutes(125));
        SpoolFiles.Write(Spool, "a", 2, "m f=3 3\n", TimeSpan.FromMinutes(1));
        SpoolFiles.Write(Spool, "gone", 1, "m f=1 1\n");
        File.Move(SpoolFiles.Write(Spool, "a", 3, "m f=4 4\n"), Spool + "/a/0000000000000003-1-8-00000000.lp.gz.damaged");
        Finding[] findings = Findings(Options());
        Assert.Equal([Severity.Ok, Severity.Ok, Severity.Warn, Severity.Warn], findings.Select(finding => finding.Severity));
        Assert.Matches(@"^spool: influx:a: 2 files \(3 points, [0-9]+ bytes compressed\) wait, the oldest for 2h5m$", findings[1].Text);
        Assert.Equal("spool: influx:a: 1 damaged or refused files were set aside; nscollector spool list names them", findings[2].Text);
        Assert.Contains("spool: influx:gone: 1 files", findings[3].Text, StringComparison.Ordinal);
        Assert.Contains("no sink of this name is configured", findings[3].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_agent_that_runs_on_it_is_told_and_is_no_failure()
    {
        using SpoolLock spoolLock = new(Spool);
        Assert.Equal(0, spoolLock.Ensure());
        Finding[] findings = Findings(Options());
        Assert.Equal([Severity.Ok, Severity.Ok], findings.Select(finding => finding.Severity));
        Assert.Equal($"spool: {Spool}: an agent is running on it (process {Environment.ProcessId}); a second one would not get it", findings[1].Text);
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
