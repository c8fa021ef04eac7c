using System.Collections.Immutable;
using System.CommandLine;
using NsCollector.Host.Configuration;
using NsCollector.Host.Logging;

namespace NsCollector.Cli;

/// <summary>The options of every command that reads the configuration.</summary>
internal sealed class ConfigurationOptions(RootOptions roots)
{
    internal const string SetName = "--set";

    private readonly Option<string?> _config = new("--config", "-c")
    {
        Description = $"The configuration file (default {ConfigurationSources.DefaultPath}, if it exists).",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _set = new(SetName)
    {
        Description = "Set one configuration key; overrides all files. May be repeated.",
        HelpName = "section:key=value",
    };

    internal void AddTo(Command command)
    {
        command.Add(_config);
        command.Add(_set);
    }

    /// <summary>Reads the configuration, and warns of ignored variables of the environment on standard error.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="readsSecrets">Whether to read the secret files too.</param>
    internal ConfigurationResult Load(ParseResult parsed, bool readsSecrets = false)
    {
        ConfigurationResult result = ConfigurationLoader.Load(new ConfigurationSources
        {
            ReadsSecrets = readsSecrets,
            Config = parsed.GetValue(_config),
            Sets = [.. parsed.GetValue(_set) ?? []],
            Environment = ConfigurationSources.ProcessEnvironment(),
            Roots = roots.Get(parsed),
        });
        if (result.Ignored is { } ignored) AgentLogging.WriteWarning(ignored.ToString());
        return result;
    }

    /// <summary>Writes every error to standard error.</summary>
    internal static void Report(ImmutableArray<ConfigurationError> errors)
    {
        foreach (ConfigurationError error in errors) AgentLogging.WriteError(error.ToString());
    }
}
