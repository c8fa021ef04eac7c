
namespace NsCollector.PackageTests.Completions;

/// <summary>Completion in fish, which can print its candidates.</summary>
public sealed class FishCompletionTests : IDisposable
{
    private readonly ShellDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [RequiresProgramsFact("fish")]
    public void Completion_offers_commands_options_and_values()
    {
        Assert.Equal(["check", "run", "sample", "spool", "version"], Candidates("nscollector ").Order());
        Assert.Equal(["drop", "list", "show"], Candidates("nscollector spool ").Order());
        Assert.Equal(["drop"], Candidates("nscollector --proc /proc spool dr"));
        Assert.Equal(["--version"], Candidates("nscollector --ver"));
        string[] sample = Candidates("nscollector sample --");
        foreach (string option in (string[])["--count", "--interval", "--format", "--config", "--set", "--proc", "--help"]) Assert.Contains(option, sample);
        Assert.DoesNotContain("--older-than", sample);
        Assert.DoesNotContain("--version", sample);
        Assert.Contains("--older-than", Candidates("nscollector spool drop --sink main --"));
        Assert.Equal(["influx", "json", "table"], Candidates("nscollector sample --format ").Order());
        Assert.Equal(["--format=table"], Candidates("nscollector sample --format=t"));
        Assert.Equal(["check", "run", "sample", "spool", "version"], Candidates("nscollector --proc run ").Order());
        Assert.Empty(Candidates("nscollector sample --count "));
        Assert.Empty(Candidates("nscollector run "));
    }

    [RequiresProgramsFact("fish")]
    public void Set_offers_configuration_keys_and_their_values()
    {
        string[] keys = Candidates("nscollector run --set ");
        Assert.InRange(keys.Length, 90, 500);
        foreach (string key in (string[])["agent:interval=", "file:main:path=", "influx:main:url=", "spool:sync=", "tags:"]) Assert.Contains(key, keys);
        Assert.Equal(["agent:interval="], Candidates("nscollector run --set agent:inter"));
        Assert.Equal(["--set=agent:interval="], Candidates("nscollector run --set=agent:inter"));
        Assert.Equal(["influx:berlin:url="], Candidates("nscollector run --set influx:berlin:ur"));
        Assert.Equal(["network:mode=auto", "network:mode=off", "network:mode=proc", "network:mode=visit"], Candidates("nscollector run --set network:mode=").Order());
        Assert.Equal(["influx:berlin:gzip=off", "influx:berlin:gzip=on"], Candidates("nscollector run --set influx:berlin:gzip=o").Order());
        Assert.Empty(Candidates("nscollector run --set agent:interval="));
    }

    [RequiresProgramsFact("fish")]
    public void File_options_offer_files_and_directories()
    {
        Assert.Equal(["only.conf"], Candidates("nscollector run --config on"));
        Assert.Equal(["--config=only.conf"], Candidates("nscollector run --config=on"));
        Assert.Equal(["only.conf"], Candidates("nscollector run -c on"));
        Assert.Equal(["my influx.conf"], Candidates("nscollector run --config my"));
        Assert.Equal(["hostroot/"], Candidates("nscollector --proc hos"));
        Assert.Equal(["--proc=hostroot/"], Candidates("nscollector --proc=hos"));
        Assert.Equal(["only.conf"], Candidates("nscollector spool show on"));
        Assert.Equal(["my influx.conf"], Candidates("nscollector spool drop only.conf my"));
    }

    [RequiresProgramsFact("fish")]
    public void Typed_words_and_file_names_are_never_executed()
    {
        Assert.Contains(Candidates(@"nscollector run --config \$"), candidate => candidate.EndsWith(".conf", StringComparison.Ordinal));
        foreach (string word in (string[])["'(touch harm)'", "(touch harm)", "$(touch harm)", "\"$(touch harm)\"", "';touch harm;'", "a;touch harm;"])
        {
            Candidates($"nscollector {word} ");
            Candidates($"nscollector run --set {word}");
            Candidates($"nscollector run --set influx:{word}:ur");
            Candidates($"nscollector run --set {word}=");
            Candidates($"nscollector --proc {word}");
            Candidates($"nscollector {word} sp");
        }

        Assert.False(_directory.IsHarmed);
    }

    // fish prints a description after a tab.
    private string[] Candidates(string typed)
    {
        string output = Command.Run("env", "HOME=" + _directory.Path, "PATH=" + _directory.SearchPath, "sh", "-c", "cd \"$1\" && exec fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \"$2\" \"$3\"",
            "sh", _directory.Path, Repository.PathOf("packaging/completions/nscollector.fish"), typed);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[0])];
    }
}
