using System.Collections.Immutable;
using NsCollector.Linux;

namespace NsCollector.Host.Configuration;

/// <summary>Where the configuration comes from. Tests inject their own.</summary>
internal sealed record ConfigurationSources
{
    /// <summary>The configuration file without <c>--config</c>.</summary>
    public const string DefaultPath = "/etc/nscollector/nscollector.conf";

    /// <summary>The file that <c>--config</c> names, which must exist; null without the option.</summary>
    public string? Config { get; init; }

    /// <summary>The file to read without <c>--config</c>, if it exists.</summary>
    public string DefaultConfig { get; init; } = DefaultPath;

    /// <summary>The environment variables.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>The <c>--set section:key=value</c> options, in order.</summary>
    public ImmutableArray<string> Sets { get; init; } = [];

    /// <summary>Reads the host's name (uname(2), up to the first dot), for the tag <c>host</c> if none is configured.</summary>
    public Func<string> ReadHostName { get; init; } = () => System.Environment.MachineName;

    /// <summary>Whether to read the files with secrets and certificates too, so that a bad one is a configuration error. Only for verbs that use them.</summary>
    public bool ReadsSecrets { get; init; }

    /// <summary>Where the host's /proc, /sys/fs/cgroup and /run are.</summary>
    public HostRoots Roots { get; init; } = new();

    /// <summary>The environment variables of this process.</summary>
    public static ImmutableArray<KeyValuePair<string, string>> ProcessEnvironment()
    {
        ImmutableArray<KeyValuePair<string, string>>.Builder variables = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (System.Collections.DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            variables.Add(new KeyValuePair<string, string>((string)variable.Key, (string?)variable.Value ?? ""));
        }

        return variables.ToImmutable();
    }
}
