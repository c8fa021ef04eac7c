namespace NsCollector.PackageTests.Completions;

/// <summary>Completion in bash on a terminal, with and without the package bash-completion.</summary>
public abstract class BashCompletionTests : IDisposable
{
    private readonly ShellDirectory _directory = new();
    private readonly Lazy<InteractiveShell> _shell;

    private protected BashCompletionTests(bool hasPackage) => _shell = new(() => InteractiveShell.Bash(_directory, hasPackage));

    public void Dispose()
    {
        if (_shell.IsValueCreated) _shell.Value.Dispose();
        _directory.Dispose();
    }

    [RequiresProgramsFact("bash", "script", "/usr/share/bash-completion/bash_completion")]
    public void Completion_offers_commands_options_and_values()
    {
        Assert.Equal(["run", "sample", "check", "spool", "version"], Candidates("nscollector "));
        Assert.Equal(["list", "show", "drop"], Candidates("nscollector spool "));
        Assert.Equal("nscollector --proc /proc spool drop ", Line("nscollector --proc /proc spool dr"));
        Assert.Equal("nscollector version ", Line("nscollector ver"));
        Assert.Equal("nscollector --version ", Line("nscollector --ver"));
        Assert.Empty(Candidates("nscollector run --ver"));
        string[] sample = Candidates("nscollector sample --");
        foreach (string option in (string[])["--count", "--interval", "--format", "--config", "--set", "--proc", "--help"]) Assert.Contains(option, sample);
        Assert.DoesNotContain("--older-than", sample);
        Assert.Contains("--older-than", Candidates("nscollector spool drop --sink main --"));
        Assert.Equal(["influx", "table", "json"], Candidates("nscollector sample --format "));
        Assert.Equal("nscollector sample --format table ", Line("nscollector sample --format t"));
        Assert.Equal("nscollector sample --format=table ", Line("nscollector sample --format=t"));
        // An option's value is not a command.
        Assert.Equal(["run", "sample", "check", "spool", "version"], Candidates("nscollector --proc run "));
        Assert.Empty(Candidates("nscollector sample --count "));
        Assert.Empty(Candidates("nscollector run "));
    }

    [RequiresProgramsFact("bash", "script", "/usr/share/bash-completion/bash_completion")]
    public void Set_offers_configuration_keys_and_their_values()
    {
        string[] keys = Candidates("nscollector run --set ");
        Assert.InRange(keys.Length, 90, 500);
        foreach (string key in (string[])["agent:interval=", "file:main:path=", "influx:main:url=", "spool:sync=", "tags:"]) Assert.Contains(key, keys);
        Assert.Equal("nscollector run --set agent:interval=", Line("nscollector run --set agent:inter"));
        Assert.Equal("nscollector run --set=agent:interval=", Line("nscollector run --set=agent:inter"));
        Assert.Equal("nscollector run --set influx:berlin:url=", Line("nscollector run --set influx:berlin:ur"));
        Assert.Equal("nscollector run --set 'agent:interval=", Line("nscollector run --set 'agent:inter").TrimEnd('\''));
        Assert.Equal(["auto", "visit", "proc", "off"], Candidates("nscollector run --set network:mode="));
        Assert.Equal("nscollector run --set network:mode=visit ", Line("nscollector run --set network:mode=v"));
        Assert.Equal("nscollector run --set influx:berlin:gzip=off ", Line("nscollector run --set influx:berlin:gzip=of"));
        Assert.Empty(Candidates("nscollector run --set agent:interval="));
        Assert.Equal("nscollector run --set agent:interval=5s --set spool:sync=never ", Line("nscollector run --set agent:interval=5s --set spool:sync=n"));
    }

    [RequiresProgramsFact("bash", "script", "/usr/share/bash-completion/bash_completion")]
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

    [RequiresProgramsFact("bash", "script", "/usr/share/bash-completion/bash_completion")]
    public void Typed_words_and_file_names_are_never_executed()
    {
        Assert.Contains(".conf", Line(@"nscollector run --config \$"), StringComparison.Ordinal);
        foreach (string word in (string[])["'$(touch harm)'", "\"$(touch harm)\"", "$(touch harm)", "`touch harm`", "a[$(touch harm)]", "';touch harm;'"])
        {
            Line($"nscollector {word} ");
            Line($"nscollector run --set {word}");
            Line($"nscollector run --set influx:{word}:ur");
            Line($"nscollector run --set {word}=");
            Line($"nscollector run --config {word} --");
            Line($"nscollector {word} sp");
        }

        Assert.Equal(["run", "sample", "check", "spool", "version"], Candidates("nscollector '$(touch harm)' "));
        Assert.False(_directory.IsHarmed);
    }

    private string Line(string typed) => _shell.Value.Complete(typed).Line;

    private string[] Candidates(string typed) => _shell.Value.Complete(typed).Candidates;
}
