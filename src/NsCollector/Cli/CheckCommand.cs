using System.CommandLine;
using Microsoft.Extensions.Logging;
using NsCollector.Host;
using NsCollector.Host.Check;
using NsCollector.Host.Configuration;
using NsCollector.Host.Logging;
using NsCollector.Host.Service;

namespace NsCollector.Cli;

/// <summary><c>nscollector check</c>: checks the configuration and what the kernel, the privileges and the runtimes allow.</summary>
internal static class CheckCommand
{
    internal const string AsServiceName = "--as-service";
    internal const string UnitName = "--unit";

    internal static Command Create(RootOptions roots, AgentParts parts)
    {
        Command command = new("check", "Check the configuration and what this host allows.");
        ConfigurationOptions configuration = new(roots);
        configuration.AddTo(command);
        Option<bool> asService = new(AsServiceName)
        {
            Description = "Check what the service may do: take on the user, capabilities, limits, environment and directories of its unit first. Needs root.",
        };
        Option<string> unit = new(UnitName)
        {
            Description = $"The unit of --as-service, by name or by the path of its file (default {ServiceProcess.DefaultUnit}).",
            HelpName = "UNIT",
            DefaultValueFactory = _ => ServiceProcess.DefaultUnit,
        };
        command.Add(asService);
        command.Add(unit);
        command.SetAction(parsed => parsed.GetValue(asService)
            ? ServiceProcess.Run(parsed.GetValue(unit)!, (UnitFile file, out string problem) => ServiceCommandLine.Merge(parsed, file, out problem), Console.Out)
            : Run(configuration.Load(parsed, readsSecrets: true), parts));
        return command;
    }

    private static int Run(ConfigurationResult configuration, AgentParts parts)
    {
        if (configuration.Options is not { } options)
        {
            ConfigurationOptions.Report(configuration.Errors);
            return ExitCode.Configuration;
        }

        string files = configuration.Files.IsEmpty ? "no file, built-in defaults" : string.Join(", ", configuration.Files);
        Console.WriteLine(Finding.Ok("configuration: " + Printable.Text(files)));
        using ILoggerFactory loggers = AgentLogging.Create(options.Log.ForForeground());
        bool fails = false;
        foreach (Finding finding in HostCheck.Findings(new AgentContext(options, loggers, _ => { }), parts))
        {
            Console.WriteLine(finding);
            fails |= finding.Severity == Severity.Fail;
        }

        return fails ? ExitCode.Failed : ExitCode.Success;
    }
}
