using System.Text.RegularExpressions;

namespace NsCollector.Tests.Host.Configuration.Mentions;

/// <summary>Every configuration key that a message, a help text or a document names exists.</summary>
public sealed class KeyMentionsTests
{
    private static readonly string[] Folders = ["docs", "packaging", "systemd", "demo", "bench", "native", "src/NsCollector", "tools/NsCollector.DocGen"];

    private static readonly string[] Endings = [".md", ".cs", ".conf", ".service", ".slice", ".yaml", ".in", ".1", ".5", "logrotate"];

    [Fact]
    public void Keys_that_messages_and_documents_name_exist()
    {
        string[] wrong =
        [
            .. Texts().SelectMany(text => KeyMentions.Wrong(text.Text).Select(
                mention => $"{text.Path}:{text.Line + text.Text.AsSpan(0, Math.Min(mention.At, text.Text.Length)).Count('\n')}: {mention.Word}")),
        ];
        Assert.True(wrong.Length == 0, "no such configuration key; if the word is not a key, add it to KeyMentions.OtherWords:\n" + string.Join('\n', wrong.Distinct()));
    }

    [Fact]
    public void Excused_words_are_still_used()
    {
        HashSet<string> used = [.. Texts().SelectMany(text => KeyMentions.Lookup(text.Text)).Select(mention => mention.Word)];
        string[] unused = [.. KeyMentions.OtherWords.Keys.Except(used)];
        Assert.True(unused.Length == 0, "no text uses these words any more, remove them: " + string.Join(", ", unused));
    }

    [Theory]
    [InlineData("raise queue_bytes to hold more", "queue_bytes")]
    [InlineData("Lower rotate_bytes or raise the limit on file sizes", "rotate_bytes")]
    [InlineData("raise `discovery.max_container`", "discovery.max_container")]
    [InlineData("left out because of spool.queue_size", "spool.queue_size")] // a key of influx and file
    [InlineData("--set agent:intervall=1s", "agent:intervall")]
    [InlineData("--set file:main:rotate_bytes=1M", "file:main:rotate_bytes")]
    [InlineData("NSCOLLECTOR_agent__hosts=a", "NSCOLLECTOR_agent__hosts")]
    [InlineData("NSCOLLECTOR_influx__main__token=a", "NSCOLLECTOR_influx__main__token")]
    [InlineData("lower [spool] max_bytes", "[spool] max_bytes")]
    [InlineData("`sampling.max_devices` is reached", "sampling.max_devices")]
    [InlineData("with `tls = off`", "tls")]
    [InlineData("raise sockets to have more", "sockets")]
    [InlineData("the section `[post:main]`", "[post:main]")]
    [InlineData("[spool]\nsize = 1G\n", "[spool] size")]
    [InlineData("#[file:main]\n#url = x\n", "[file] url")]
    [InlineData(@"raise \fBqueue_bytes\fR to hold more", "queue_bytes")]
    public void Wrong_key_is_found(string text, string word) => Assert.Contains(word, KeyMentions.Wrong(text).Select(mention => mention.Word));

    [Theory]
    [InlineData("raise queue_size to hold more; usage_bytes of container_memory tells")]
    [InlineData("memory.stat total_inactive_file, cgroup.procs, /run/queue_bytes, queue_bytes.c, queue_bytes()")]
    [InlineData("--set file:main:path=-, --set agent:interval=1s, `[influx:main]`, [spool] path, tags.anything, `discovery.max_containers`")]
    [InlineData("[tags]\nsite = a\n[Service]\nMemoryMax=1G\n[agent]\ninterval = 10s\n")]
    [InlineData("raise it, raise the limit, raise LimitNOFILE=, `gzip = on`, `spool.path`/NAME")]
    public void Right_text_passes(string text) => Assert.Empty(KeyMentions.Wrong(text));

    [Fact]
    public void Literals_of_source_are_found_in_every_form()
    {
        const string Source = """"
            // "a comment"
            /* "another" */
            char quote = '"', backslash = '\\', other = '\'';
            string plain = "one \" \n two"u8, verbatim = @"C:\""x""", empty = "";
            string made = $"raise {(isOn ? "inner" : Name("deep"))} and {{braces}} {x:F1}";
            string raw = """
                raw "text" with { brace
                """, rawMade = $$"""{ {{hole["key"]}} }""";
            """";
        Assert.Equal(
            [
                (4, "one \" \n two"), (4, "C:\\\"x\""), (4, ""), (5, "inner"), (5, "deep"), (5, "raise   and {{braces}}  "),
                (6, "\n    raw \"text\" with { brace\n    "), (8, "key"), (8, "{   }"),
            ],
            StringLiterals.Of(Source));
    }

    [Fact]
    public void Texts_include_messages_documents_and_packaging()
    {
        HashSet<string> paths = [.. Texts().Select(text => text.Path)];
        Assert.Superset(
            new HashSet<string>
            {
                "README.md", "docs/operations.md", "docs/decisions/0005-whole-lines-only.md", "packaging/nscollector.conf", "packaging/man/nscollector.conf.5.in",
                "packaging/kubernetes/daemonset.yaml", "systemd/nscollector.service", "src/NsCollector/Deliver/QueuedSink.cs", "src/NsCollector/Cli/RunCommand.cs",
            },
            paths);
        // The message with a key is found in its file.
        Assert.Contains(Texts(), text => text.Path.EndsWith("QueuedSink.cs", StringComparison.Ordinal) && text.Text.Contains("raise queue_size", StringComparison.Ordinal));
    }

    private static IEnumerable<(string Path, int Line, string Text)> Texts()
    {
        IEnumerable<string> files = Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Folders.SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*", SearchOption.AllDirectories)));
        foreach (string file in files)
        {
            string path = Path.GetRelativePath(Repository.Root, file);
            if (Regex.IsMatch(path, "/(obj|bin|node_modules)/") || !Endings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal))) continue;
            if (!path.EndsWith(".cs", StringComparison.Ordinal))
            {
                yield return (path, 1, File.ReadAllText(file));
                continue;
            }

            // A single word is a name in code; only text with spaces or dots is for people.
            foreach ((int line, string text) in StringLiterals.Of(File.ReadAllText(file)))
            {
                if (text.Contains(' ', StringComparison.Ordinal) || text.Contains('.', StringComparison.Ordinal)) yield return (path, line, text);
            }
        }
    }
}
