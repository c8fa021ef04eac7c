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
    internal const string JsonName = "--json";

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
        Option<bool> json = new(JsonName) { Description = "Write each finding as an object of JSON in a line of its own: severity (ok, warn or fail) and text." };
        command.Add(json);
        command.Add(asService);
        command.Add(unit);
        command.SetAction(parsed =>
        {
            var writer = new FindingWriter(Console.Out, parsed.GetValue(json));
            return parsed.GetValue(asService)
                ? ServiceProcess.Run(parsed.GetValue(unit)!, (UnitFile file, out string problem) => ServiceCommandLine.Merge(parsed, file, out problem), writer)
                : Run(configuration.Load(parsed, readsSecrets: true), parts, writer, parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(ConfigurationResult configuration, AgentParts parts, FindingWriter writer, bool isJson)
    {
        if (configuration.Options is not { } options)
        {
            if (!isJson) ConfigurationOptions.Report(configuration.Errors);
            foreach (ConfigurationError error in isJson ? configuration.Errors : []) writer.Write(Finding.Fail($"configuration: {error}"));
            return ExitCode.Configuration;
        }

        string files = configuration.Files.IsEmpty ? "no file, built-in defaults" : string.Join(", ", configuration.Files);
        writer.Write(Finding.Ok("configuration: " + Printable.Text(files)));
        using ILoggerFactory loggers = AgentLogging.Create(options.Log.ForForeground());
        bool fails = false;
        foreach (Finding finding in HostCheck.Findings(new AgentContext(options, loggers, _ => { }), parts))
        {
            writer.Write(finding);
            fails |= finding.Severity == Severity.Fail;
        }

        return fails ? ExitCode.Failed : ExitCode.Success;
    }
}
