using System.CommandLine;
using Microsoft.Extensions.Logging;
using NsCollector.Host;
using NsCollector.Host.Configuration;
using NsCollector.Host.Logging;
using NsCollector.Host.Systemd;

namespace NsCollector.Cli;

/// <summary><c>nscollector run</c>: the agent in the foreground; what systemd starts.</summary>
internal static class RunCommand
{
    internal static Command Create(RootOptions roots, AgentParts parts)
    {
        Command command = new("run", "Run the agent in the foreground, until SIGTERM or SIGINT. SIGHUP reopens its files.");
        ConfigurationOptions configuration = new(roots);
        configuration.AddTo(command);
        command.SetAction(parsed => Run(configuration.Load(parsed, readsSecrets: true), parts));
        return command;
    }

    private static int Run(ConfigurationResult configuration, AgentParts parts)
    {
        if (configuration.Options is not { } options)
        {
            ConfigurationOptions.Report(configuration.Errors);
            return ExitCode.Configuration;
        }

        using ILoggerFactory loggers = AgentLogging.Create(options.Log);
        using SystemdNotifier notifier = SystemdNotifier.FromEnvironment(Environment.GetEnvironmentVariable, Environment.ProcessId);
        ILogger logger = loggers.CreateLogger(nameof(NsCollector));
        AgentLog.Starting(
            logger,
            BuildInformation.Version,
            $"{options.Sample.Interval.TotalSeconds} s",
            string.Join(", ", [.. options.FileSinks.Select(sink => $"file:{sink.Name} {sink.Path}"), .. options.InfluxSinks.Select(sink => $"influx:{sink.Name} {sink.Url}")]),
            configuration.Files.IsEmpty ? "built in" : string.Join(", ", configuration.Files));
        using Agent agent = new(options.Sample.Interval, options.StopTimeout, notifier, logger);
        using IAgentCore core = parts.CreateCore(new AgentContext(options, loggers, agent.ReportFailure));
        return agent.Run(core);
    }
}
