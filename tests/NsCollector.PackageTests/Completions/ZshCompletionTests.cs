namespace NsCollector.PackageTests.Completions;

/// <summary>The completion of zsh on a terminal.</summary>
public sealed class ZshCompletionTests : IDisposable
{
    private readonly ShellDirectory _directory = new();
    private readonly Lazy<InteractiveShell> _shell;

    public ZshCompletionTests() => _shell = new(() => InteractiveShell.Zsh(_directory));

    public void Dispose()
    {
        if (_shell.IsValueCreated) _shell.Value.Dispose();
        _directory.Dispose();
    }

    [RequiresProgramsFact("zsh", "script")]
    public void Completion_offers_commands_options_and_values()
    {
        Assert.Equal(["check", "run", "sample", "spool", "version"], Candidates("nscollector ").Order());
        Assert.Equal(["drop", "list", "show"], Candidates("nscollector spool ").Order());
        Assert.Equal("nscollector --proc /proc spool drop ", Line("nscollector --proc /proc spool dr"));
        Assert.Equal("nscollector --version ", Line("nscollector --ver"));
        string[] sample = Candidates("nscollector sample --");
        foreach (string option in (string[])["--count", "--interval", "--format", "--config", "--set", "--proc", "--help"]) Assert.Contains(option, sample);
        Assert.DoesNotContain("--older-than", sample);
        Assert.DoesNotContain("--version", sample);
        Assert.Contains("--older-than", Candidates("nscollector spool drop --sink main --"));
        Assert.Equal(["influx", "json", "table"], Candidates("nscollector sample --format ").Order());
        Assert.Equal("nscollector sample --format table ", Line("nscollector sample --format t"));
        Assert.Equal("nscollector sample --format=table ", Line("nscollector sample --format=t"));
        Assert.Equal(["check", "run", "sample", "spool", "version"], Candidates("nscollector --proc run ").Order());
        Assert.Empty(Candidates("nscollector sample --count "));
        // Other options are offered once, but this one may be repeated.
        string[] further = Candidates("nscollector run --config only.conf --set agent:interval=5s --");
        Assert.DoesNotContain("--config", further);
        Assert.Contains("--set", further);
    }

    [RequiresProgramsFact("zsh", "script")]
    public void Set_offers_configuration_keys_and_their_values()
    {
        string[] keys = Candidates("nscollector run --set ");
        Assert.InRange(keys.Length, 90, 500);
        foreach (string key in (string[])["agent:interval=", "file:main:path=", "influx:main:url=", "spool:sync=", "tags:"]) Assert.Contains(key, keys);
        Assert.Equal("nscollector run --set agent:interval=", Line("nscollector run --set agent:inter"));
        Assert.Equal("nscollector run --set=agent:interval=", Line("nscollector run --set=agent:inter"));
        Assert.Equal("nscollector run --set influx:berlin:url=", Line("nscollector run --set influx:berlin:ur"));
        Assert.Equal(["auto", "off", "proc", "visit"], Candidates("nscollector run --set network:mode=").Order());
        Assert.Equal("nscollector run --set network:mode=visit ", Line("nscollector run --set network:mode=v"));
        Assert.Equal("nscollector run --set influx:berlin:gzip=off ", Line("nscollector run --set influx:berlin:gzip=of"));
        Assert.Empty(Candidates("nscollector run --set agent:interval="));
    }

    [RequiresProgramsFact("zsh", "script")]
    public void Files_and_directories_are_quoted_if_necessary()
    {
        Assert.Equal("nscollector run --config only.conf ", Line("nscollector run --config on"));
        Assert.Equal("nscollector run --config=only.conf ", Line("nscollector run --config=on"));
        Assert.Equal("nscollector run -c only.conf ", Line("nscollector run -c on"));
        Assert.Equal(@"nscollector run --config my\ influx.conf ", Line("nscollector run --config my"));
        Assert.Equal(@"nscollector run --config quote\'d.conf ", Line("nscollector run --config quo"));
        Assert.Equal("nscollector --proc hostroot/", Line("nscollector --proc hos"));
        Assert.Equal("nscollector spool show only.conf ", Line("nscollector spool show on"));
        Assert.Equal(@"nscollector spool drop only.conf my\ influx.conf ", Line("nscollector spool drop only.conf my"));
    }

    [RequiresProgramsFact("zsh", "script")]
    public void Typed_words_and_file_names_are_never_executed()
    {
        Assert.Contains(".conf", Line(@"nscollector run --config \$"), StringComparison.Ordinal);
        foreach (string word in (string[])["'$(touch harm)'", "\"$(touch harm)\"", "\\$(touch\\ harm)", "a[\\$(touch\\ harm)]", "';touch harm;'"])
        {
            Line($"nscollector {word} ");
            Line($"nscollector run --set {word}");
            Line($"nscollector run --set influx:{word}:ur");
            Line($"nscollector run --set {word}=");
            Line($"nscollector run --config {word} --");
            Line($"nscollector {word} sp");
        }

        Assert.False(_directory.IsHarmed);
    }

    private string Line(string typed) => _shell.Value.Complete(typed).Line;

    private string[] Candidates(string typed) => _shell.Value.Complete(typed).Candidates;
}
