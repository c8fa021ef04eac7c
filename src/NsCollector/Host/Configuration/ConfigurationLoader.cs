using System.Collections.Immutable;
using NsCollector.Deliver;
using NsCollector.Deliver.File;
using NsCollector.Deliver.Influx;

namespace NsCollector.Host.Configuration;

/// <summary>
/// Lays the sources over each other (file, conf.d, environment, --set: the later wins), checks every value of each, and
/// makes the options. Errors are values; nothing here throws because of what a configuration holds.
/// </summary>
internal sealed class ConfigurationLoader
{
    private const string EnvironmentPrefix = "NSCOLLECTOR_";
    private const int MaxDropIns = 1000;
    private const int MaxSinks = 100;

    private readonly ConfigurationSources _sources;
    private readonly ConfigurationErrors _errors = new();
    private readonly ConfigurationDraft _draft;
    private readonly List<string> _files = [];
    private readonly Dictionary<string, ConfigurationEntry> _lastEntries = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _refusedKeys = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _refusedSections = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _sectionOrigins = new(StringComparer.OrdinalIgnoreCase);

    private ConfigurationLoader(ConfigurationSources sources)
    {
        _sources = sources;
        _draft = IsService(sources)
            ? new ConfigurationDraft("/var/log/nscollector/metrics.lp", "/var/lib/nscollector/spool")
            : new ConfigurationDraft("metrics.lp", "spool");
    }

    /// <summary>Reads and checks the configuration.</summary>
    public static ConfigurationResult Load(ConfigurationSources sources)
    {
        ConfigurationLoader loader = new(sources);
        loader.ReadFiles();
        loader.ReadEnvironment();
        loader.ReadSets();
        AgentOptions options = loader.Finish();
        return new ConfigurationResult(loader._errors.Any ? null : options, loader._errors.ToImmutable(), [.. loader._files]);
    }

    /// <summary>Whether systemd started this process as (part of) a unit.</summary>
    internal static bool IsService(ConfigurationSources sources) =>
        sources.Environment.Any(variable => variable.Key is "NOTIFY_SOCKET" or "INVOCATION_ID" && variable.Value.Length > 0);

    private void ReadFiles()
    {
        string path = _sources.Config ?? _sources.DefaultConfig;
        if (path.Length == 0)
        {
            _errors.Add("--config", null, null, "the name of a file is missing");
            return;
        }

        ReadFile(path, mayBeAbsent: _sources.Config is null);

        string directory = Path.Combine(Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".", "conf.d");
        List<string> dropIns = [];
        try
        {
            if (!Directory.Exists(directory)) return;
            foreach (string dropIn in Directory.EnumerateFiles(directory, "*.conf"))
            {
                if (Path.GetFileName(dropIn).StartsWith('.')) continue;
                if (dropIns.Count == MaxDropIns)
                {
                    _errors.Add(directory, null, null, $"it holds more than {MaxDropIns} files");
                    return;
                }

                dropIns.Add(dropIn);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            _errors.Add(directory, null, null, "it cannot be listed: " + Printable.Text(exception.Message));
            return;
        }

        dropIns.Sort(StringComparer.Ordinal);
        foreach (string dropIn in dropIns) ReadFile(dropIn, mayBeAbsent: false);
    }

    private void ReadFile(string path, bool mayBeAbsent)
    {
        if (IniFile.Read(path, mayBeAbsent, _errors) is not { } content) return;
        _files.Add(path);
        foreach ((string section, string origin) in content.Sections) FindSection(origin, section, out _);
        foreach (ConfigurationEntry entry in content.Entries) Apply(entry);
    }

    private void ReadEnvironment()
    {
        foreach ((string name, string value) in _sources.Environment.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase)) continue;
            string rest = name[EnvironmentPrefix.Length..];
            if (IsKubernetesServiceLink(rest)) continue;
            string origin = "environment " + name;
            if (!rest.Contains("__", StringComparison.Ordinal))
            {
                _errors.Add(origin, null, null, "section and key are joined by two underscores, such as NSCOLLECTOR_agent__interval");
                continue;
            }

            SplitFlatKey(rest.Replace("__", ":", StringComparison.Ordinal), out string section, out string key);
            Apply(new ConfigurationEntry(origin, section, key, value.Trim()));
        }
    }

    private void ReadSets()
    {
        foreach (string set in _sources.Sets)
        {
            int separator = set.IndexOf('=', StringComparison.Ordinal);
            if (separator < 0 || set.AsSpan(0, separator).IndexOf(':') < 0)
            {
                _errors.Add(SecretText.IsNamedBy(set) ? "--set" : "--set " + set, null, null, "wanted is section:key=value, such as agent:interval=1s");
                continue;
            }

            SplitFlatKey(set[..separator], out string section, out string key);
            Apply(new ConfigurationEntry("--set", section, key, set[(separator + 1)..].Trim()));
        }
    }

    // A section with instances has two colons: file:main:path.
    private static void SplitFlatKey(string flat, out string section, out string key)
    {
        int colon = flat.IndexOf(':', StringComparison.Ordinal);
        string first = flat[..colon].Trim();
        bool hasInstances = ConfigurationKeys.FindSection(first) is { HasInstances: true };
        if (hasInstances && flat.LastIndexOf(':') is var last && last > colon) colon = last;
        section = flat[..colon].Trim();
        key = flat[(colon + 1)..].Trim();
    }

    private void Apply(ConfigurationEntry entry)
    {
        string name = IniFile.Describe(entry.Section, entry.Key);
        if (entry.Section.Length == 0)
        {
            ConfigurationKey? meant = ConfigurationKeys.All.FirstOrDefault(key => key.Name.Equals(entry.Key, StringComparison.OrdinalIgnoreCase));
            _errors.Add(entry.Origin, name, SecretText.Shown(meant, entry.Key, entry.Value), meant is null
                ? "it stands in no section; put a [section] line above it"
                : $"it stands in no section; put a [{meant.Section.Pattern}] line above it");
            return;
        }

        if (FindSection(entry.Origin, entry.Section, out string instance) is not { } section) return;
        if (ConfigurationKeys.Find(section, entry.Key) is not { } found)
        {
            _errors.Add(entry.Origin, name, SecretText.Shown(null, entry.Key, entry.Value), UnknownKey(section, entry.Key));
            return;
        }

        if (ConfigurationKeys.HasFreeKeys(section))
        {
            instance = entry.Key;
            if (TagKeyProblem(entry.Key) is { } tagProblem)
            {
                _errors.Add(entry.Origin, name, entry.Value, tagProblem);
                return;
            }
        }

        // The section's own spelling: what is told under [Influx : Main] is looked up under this.
        string lookup = IniFile.Describe(section.HasInstances ? $"{section.Name}:{instance}" : section.Name, found.Name);
        if (found.Apply(_draft, instance, entry.Value) is { } problem)
        {
            _refusedKeys.Add(lookup);
            bool comment = entry.Value.Contains(" #", StringComparison.Ordinal) || entry.Value.Contains(" ;", StringComparison.Ordinal);
            _errors.Add(entry.Origin, name, SecretText.Shown(found, entry.Key, entry.Value), comment ? problem + " (comments stand on lines of their own)" : problem);
            return;
        }

        _lastEntries[lookup] = entry;
    }

    /// <summary>The section; null where there is none of this name, which is reported once per source.</summary>
    private ConfigurationSection? FindSection(string origin, string text, out string instance)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? text : text[..colon].TrimEnd();
        instance = colon < 0 ? "" : text[(colon + 1)..].TrimStart();
        string? problem = null;
        ConfigurationSection? section = ConfigurationKeys.FindSection(name);
        if (section is null)
        {
            if (NearestName.Find(name, ConfigurationKeys.Sections.Select(known => known.Name)) is { } nearest) problem = $"there is no such section, did you mean [{ConfigurationKeys.FindSection(nearest)!.Pattern}]?";
            else problem = "there is no such section; there are " + string.Join(", ", ConfigurationKeys.Sections.Select(known => $"[{known.Pattern}]"));
        }
        else if (!section.HasInstances && colon >= 0)
        {
            problem = $"this section has no NAME; wanted is [{section.Name}]";
        }
        else if (section.HasInstances && !IsInstanceName(instance))
        {
            problem = $"wanted is a NAME of letters, digits, _, . and - (64 at the most) after the colon, such as [{section.Name}:main]";
        }
        else if (section.NewSink is not null)
        {
            problem = section.NameProblem?.Invoke(instance);
            if (problem is null) _draft.Sink(section, instance);
        }

        if (problem is null)
        {
            _sectionOrigins.TryAdd(colon < 0 ? section!.Name : $"{section!.Name}:{instance}", origin);
            return section;
        }

        // Once per file (whose lines follow a number), variable or option: a section of fifty keys is one mistake.
        int line = origin.LastIndexOf(':');
        string source = line > 0 ? origin[..line] : origin;
        if (_refusedSections.Add(source + "\n" + text)) _errors.Add(origin, $"[{text}]", null, problem);
        return null;
    }

    private static string UnknownKey(ConfigurationSection section, string key)
    {
        IEnumerable<string> here = ConfigurationKeys.Of(section).Select(known => known.Name);
        ConfigurationKey? elsewhere = ConfigurationKeys.All.FirstOrDefault(known => known.Name.Equals(key, StringComparison.OrdinalIgnoreCase));
        if (section.Name == "influx" && key.ToLowerInvariant() is "token" or "password") return $"secrets stand in files: {key.ToLowerInvariant()}_file = FILE";
        string meant = NearestName.Find(key, here) is { } nearest ? $"did you mean {nearest}?"
            : elsewhere is not null ? $"did you mean [{elsewhere.Section.Pattern}] {elsewhere.Name}?"
            : $"[{section.Pattern}] has " + string.Join(", ", here);
        return "there is no such key, " + meant;
    }

    private static string? TagKeyProblem(string key)
    {
        if (ConfigurationKeys.ReservedTags.Contains(key) || key.StartsWith("label_", StringComparison.OrdinalIgnoreCase) || key.StartsWith('_'))
        {
            return "the schema uses this tag itself; choose another name";
        }

        bool right = key.Length is > 0 and <= 128 && key.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or '-');
        return right ? null : "wanted is a tag's name of letters, digits, _, . and - (128 at the most)";
    }

    private static bool IsInstanceName(string name) =>
        name.Length is > 0 and <= 64 && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or '-');

    // For a Service named nscollector, Kubernetes sets NSCOLLECTOR_SERVICE_HOST, NSCOLLECTOR_PORT_9100_TCP_ADDR and the
    // like in every pod of its namespace (kubernetes.io, "Discovering services"). They are not ours.
    private static bool IsKubernetesServiceLink(string rest) =>
        rest is "SERVICE_HOST" or "SERVICE_PORT" or "PORT" ||
        rest.StartsWith("SERVICE_PORT_", StringComparison.Ordinal) ||
        (rest.StartsWith("PORT_", StringComparison.Ordinal) && rest.Length > 5 && char.IsAsciiDigit(rest[5]));

    private AgentOptions Finish()
    {
        if (!_draft.Sinks.Any()) _draft.Sink(ConfigurationKeys.FindSection("file")!, "main");
        // Kind by kind, in the order of the documentation.
        ImmutableArray<SinkOptions> sinks = [.. ConfigurationKeys.Sections.SelectMany(section => _draft.SinksOf(section))];
        ImmutableArray<InfluxSinkOptions> influxSinks = [.. sinks.OfType<InfluxSinkOptions>()];
        ImmutableArray<FileSinkOptions> fileSinks = [.. sinks.OfType<FileSinkOptions>()];
        if (_draft.Encode.Host.Length == 0) _draft.Encode = _draft.Encode with { Host = _sources.HostName };
        _draft.Encode = _draft.Encode with { StaticTags = [.. _draft.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal)] };

        if (_draft.Sample.Jitter >= _draft.Sample.Interval && _draft.Sample.Jitter > TimeSpan.Zero)
        {
            Combined("agent", "jitter", "it must be shorter than [agent] interval");
        }

        if (_draft.Tags.Count > ConfigurationKeys.MaxTags) _errors.Add("configuration", "[tags]", null, $"there are more than {ConfigurationKeys.MaxTags} tags");
        if (sinks.Length > MaxSinks)
        {
            _errors.Add("configuration", fileSinks.Length > influxSinks.Length ? "[file:NAME]" : "[influx:NAME]", null, $"there are more than {MaxSinks} sinks");
        }

        FinishFileSinks(fileSinks, out Dictionary<string, string> writers);
        FinishInfluxSinks(influxSinks, writers);
        return new AgentOptions
        {
            Roots = _sources.Roots,
            Discover = _draft.Discover,
            Sample = _draft.Sample,
            Encode = _draft.Encode,
            Sinks = sinks,
            Spool = _draft.Spool,
            Log = _draft.Log,
            StopTimeout = _draft.StopTimeout,
        };
    }

    // The writers: which section writes to a file, by its identity.
    private void FinishFileSinks(ImmutableArray<FileSinkOptions> sinks, out Dictionary<string, string> writers)
    {
        writers = new(StringComparer.Ordinal);
        foreach (FileSinkOptions sink in sinks)
        {
            string section = "file:" + sink.Name;
            if (sink.QueueBytes < _draft.Encode.BatchBytes) Combined(section, "queue_size", "it must hold at least one batch ([encode] batch_size)");
            string identity = sink.Path == "-" ? "-" : FileIdentity.Of(sink.Path);
            if (!writers.TryAdd(identity, section))
            {
                Combined(section, "path", $"[{writers[identity]}] writes to the same file; two sinks would tear each other's lines", $"{sink.Path} (the default)");
            }
        }
    }

    private void FinishInfluxSinks(ImmutableArray<InfluxSinkOptions> sinks, Dictionary<string, string> writers)
    {
        string? credentials = _sources.Environment.FirstOrDefault(variable => variable.Key == "CREDENTIALS_DIRECTORY").Value;
        foreach (InfluxSinkOptions sink in sinks)
        {
            string section = "influx:" + sink.Name;
            bool IsGiven(string key) => _lastEntries.ContainsKey(IniFile.Describe(section, key));
            foreach ((string key, string problem) in InfluxSinkRules.Broken(sink, IsGiven, _draft.Encode.BatchBytes)) Combined(section, key, problem);
            if (_sources.ReadsSecrets)
            {
                foreach ((string key, string problem) in SecretFileCheck.Broken(sink, credentials)) Combined(section, key, problem);
            }

            string refused = sink.RefusedFile.Length > 0 ? sink.RefusedFile : Path.Combine(_draft.Spool.Path, sink.Name + ".refused.lp");
            string identity = FileIdentity.Of(refused), older = FileIdentity.Of(refused + ".1");
            string? other = writers.TryAdd(identity, section) ? writers.TryAdd(older, section) ? null : writers[older] : writers[identity];
            if (other is not null)
            {
                Combined(section, "refused_file", $"[{other}] writes to the same file; two sinks would tear each other's lines", $"{refused} (the default)");
            }
        }

        if (_draft.Spool.MaxBytes < _draft.Spool.FileBytes) Combined("spool", IsSpoolGiven("max_size") ? "max_size" : "file_size", "max_size must hold at least one file of file_size");
        if (!sinks.IsEmpty && _draft.Spool.FileBytes < _draft.Encode.BatchBytes)
        {
            if (IsSpoolGiven("file_size")) Combined("spool", "file_size", "it must hold at least one batch ([encode] batch_size)");
            else Combined("encode", "batch_size", "a batch must fit into a file of the spool ([spool] file_size)");
        }
    }

    private bool IsSpoolGiven(string key) => _lastEntries.ContainsKey(IniFile.Describe("spool", key));

    /// <summary>An error about a value that is right in itself, but not beside the others; or about one that is missing.</summary>
    private void Combined(string section, string key, string problem, string? defaultText = null)
    {
        string name = IniFile.Describe(section, key);
        if (_refusedKeys.Contains(name)) return; // it is told already, and what stands in its place now was never meant
        if (_lastEntries.TryGetValue(name, out ConfigurationEntry entry))
        {
            ConfigurationKey? known = ConfigurationKeys.FindSection(section.Split(':')[0]) is { } found ? ConfigurationKeys.Find(found, key) : null;
            _errors.Add(entry.Origin, IniFile.Describe(entry.Section, entry.Key), SecretText.Shown(known, key, entry.Value), problem);
        }
        else
        {
            _errors.Add(defaultText is null ? _sectionOrigins.GetValueOrDefault(section, "default") : "default", name, defaultText, problem);
        }
    }
}
