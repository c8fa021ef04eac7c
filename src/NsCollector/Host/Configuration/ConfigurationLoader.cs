using System.Collections.Immutable;
using NsCollector.Deliver;
using NsCollector.Encode.Selection;

namespace NsCollector.Host.Configuration;

/// <summary>
/// Reads the sources (file, conf.d, environment, --set; a later one overrides an earlier one) and builds the options.
/// Errors are values: no content of a configuration makes this throw.
/// </summary>
internal sealed class ConfigurationLoader
{
    private const string EnvironmentPrefix = "NSCOLLECTOR_";
    private const int MaxDropIns = 1000;

    private readonly ConfigurationSources _sources;
    private readonly ConfigurationErrors _errors = new();
    private readonly ConfigurationDraft _draft;
    private readonly ConfigurationOrigins _origins;
    private readonly EntryApplier _applier;
    private readonly List<string> _files = [];
    private readonly List<string> _ignored = [];

    private ConfigurationLoader(ConfigurationSources sources)
    {
        _sources = sources;
        _draft = IsService(sources)
            ? new ConfigurationDraft("/var/log/nscollector/metrics.lp", "/var/lib/nscollector/spool")
            : new ConfigurationDraft("metrics.lp", "spool");
        _origins = new ConfigurationOrigins(_errors);
        _applier = new EntryApplier(_draft, _origins, _errors);
    }

    /// <summary>Reads and checks the configuration.</summary>
    public static ConfigurationResult Load(ConfigurationSources sources)
    {
        ConfigurationLoader loader = new(sources);
        loader.ReadFiles();
        loader.ReadEnvironment();
        loader.ReadSetOptions();
        AgentOptions options = loader.BuildOptions();
        return new ConfigurationResult(loader._errors.Any ? null : options, loader._errors.ToImmutable(), [.. loader._files], loader._ignored.Count > 0 ? new IgnoredVariables([.. loader._ignored]) : null);
    }

    /// <summary>Whether systemd started this process for a unit.</summary>
    internal static bool IsService(ConfigurationSources sources) =>
        sources.Environment.Any(variable => variable.Key is "NOTIFY_SOCKET" or "INVOCATION_ID" && variable.Value.Length > 0);

    private void ReadFiles()
    {
        string path = _sources.Config ?? _sources.DefaultConfig;
        if (path.Length == 0)
        {
            _errors.Add("--config", null, null, "the file name is missing");
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
                    _errors.Add(directory, null, null, $"this directory holds more than {MaxDropIns} configuration files");
                    return;
                }

                dropIns.Add(dropIn);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            _errors.Add(directory, null, null, "cannot list this directory: " + Printable.Text(exception.Message));
            return;
        }

        dropIns.Sort(StringComparer.Ordinal);
        foreach (string dropIn in dropIns) ReadFile(dropIn, mayBeAbsent: false);
    }

    private void ReadFile(string path, bool mayBeAbsent)
    {
        if (IniFile.Read(path, mayBeAbsent, _errors) is not { } content) return;
        _files.Add(path);
        foreach ((string section, string origin) in content.Sections) _applier.FindSection(origin, section, out _);
        foreach (ConfigurationEntry entry in content.Entries) _applier.Apply(entry);
    }

    private void ReadEnvironment()
    {
        foreach ((string name, string value) in _sources.Environment.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase)) continue;
            string rest = name[EnvironmentPrefix.Length..];
            if (!rest.Contains("__", StringComparison.Ordinal))
            {
                _ignored.Add(name);
                continue;
            }

            // The name of a Service may contain two hyphens, which become two underscores.
            SplitFlatKey(rest.Replace("__", ":", StringComparison.Ordinal), out string section, out string key);
            if (IgnoredVariables.IsKubernetesServiceLink(rest) && ConfigurationKeys.Find(section, key) is null) _ignored.Add(name);
            else _applier.Apply(new ConfigurationEntry("environment " + name, section, key, value.Trim()));
        }
    }

    private void ReadSetOptions()
    {
        foreach (string set in _sources.Sets)
        {
            int separator = set.IndexOf('=', StringComparison.Ordinal);
            if (separator < 0 || set.AsSpan(0, separator).IndexOf(':') < 0)
            {
                _errors.Add(SecretText.NameSuggestsSecret(set) ? "--set" : "--set " + set, null, null, "expected section:key=value, such as agent:interval=1s");
                continue;
            }

            SplitFlatKey(set[..separator], out string section, out string key);
            _applier.Apply(new ConfigurationEntry("--set", section, key, set[(separator + 1)..].Trim()));
        }
    }

    // A key of a section with a NAME has two colons: file:main:path.
    private static void SplitFlatKey(string flat, out string section, out string key)
    {
        int colon = flat.IndexOf(':', StringComparison.Ordinal);
        string first = flat[..colon].Trim();
        bool hasInstances = ConfigurationKeys.FindSection(first) is { HasInstances: true };
        if (hasInstances && flat.LastIndexOf(':') is var last && last > colon) colon = last;
        section = flat[..colon].Trim();
        key = flat[(colon + 1)..].Trim();
    }

    private AgentOptions BuildOptions()
    {
        if (!_draft.Sinks.Any()) _draft.Sink(ConfigurationKeys.FindSection("file")!, "main");
        // Kind by kind, in the order of the documentation.
        ImmutableArray<SinkOptions> sinks = [.. ConfigurationKeys.Sections.SelectMany(section => _draft.SinksOf(section))];
        bool isHostConfigured = _draft.Encode.Host.Length > 0;
        if (!isHostConfigured) _draft.Encode = _draft.Encode with { Host = _sources.ReadHostName() };
        _draft.Encode = _draft.Encode with { StaticTags = [.. _draft.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal)] };
        new ConfigurationRules(_sources, _draft, _origins, _errors).Check(sinks);
        return new AgentOptions
        {
            Roots = _sources.Roots,
            Discover = _draft.Discover,
            Sample = _draft.Sample,
            Encode = _draft.Encode with { Selection = new OutputSelection(_draft.Metrics) },
            ReadHostName = isHostConfigured ? null : _sources.ReadHostName,
            Sinks = [.. sinks.Select(sink => sink with { Choice = sink.Choice.WithDefaults(_draft.Metrics) })],
            Spool = _draft.Spool,
            DockerApi = _draft.DockerApi,
            Http = _draft.Http with { Choice = _draft.Http.Choice.WithDefaults(_draft.Metrics) },
            Log = _draft.Log,
            StopTimeout = _draft.StopTimeout,
        };
    }
}
