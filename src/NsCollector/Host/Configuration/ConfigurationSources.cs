using System.Collections.Immutable;
using NsCollector.Linux;

namespace NsCollector.Host.Configuration;

/// <summary>Where the configuration comes from; injected, so that tests need neither files in /etc nor an environment.</summary>
internal sealed record ConfigurationSources
{
    /// <summary>The configuration file that is read where none is named.</summary>
    public const string DefaultPath = "/etc/nscollector/nscollector.conf";

    /// <summary>The file that <c>--config</c> names; null where it names none. A named one must exist.</summary>
    public string? Config { get; init; }

    /// <summary>The file that is read where none is named, if it exists.</summary>
    public string DefaultConfig { get; init; } = DefaultPath;

    /// <summary>The environment's variables.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>The <c>--set section:key=value</c> options, in their order.</summary>
    public ImmutableArray<string> Sets { get; init; } = [];

    /// <summary>The host's name, for the tag <c>host</c> where none is configured.</summary>
    public string HostName { get; init; } = System.Environment.MachineName;

    /// <summary>Whether the files of secrets and certificates are read too, so that a bad one is an error of the configuration; only for verbs that use them.</summary>
    public bool ReadsSecrets { get; init; }

    /// <summary>The roots of the host's trees.</summary>
    public HostRoots Roots { get; init; } = new();

    /// <summary>The variables of this process.</summary>
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
