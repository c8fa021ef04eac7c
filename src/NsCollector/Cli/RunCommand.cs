using System.CommandLine;
using Microsoft.Extensions.Logging;
using NsCollector.Host;
using NsCollector.Host.Configuration;
using NsCollector.Host.Logging;
using NsCollector.Host.Systemd;

namespace NsCollector.Cli;

/// <summary><c>nscollector run</c>: the agent in the foreground, as systemd starts it.</summary>
internal static class RunCommand
{
    internal static Command Create(RootOptions roots, AgentParts parts)
    {
        Command command = new("run", "Run the agent in the foreground until SIGTERM or SIGINT. SIGHUP makes it reopen its files.");
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

        using AgentHost host = new(
            logging => AgentLogging.Configure(logging, options.Log),
            loggers => BackgroundNotifier.FromEnvironment(CreateLogger(loggers)),
            (loggers, notifier) => new Agent(
                options.Sample.Interval,
                options.StopTimeout,
                notifier,
                WatchdogTimeout.FromEnvironment(Environment.GetEnvironmentVariable, Environment.ProcessId),
                CreateLogger(loggers),
                reportFailure => CreateCore(parts, configuration, options, loggers, reportFailure, () => notifier.Failed)));
        return host.Run();
    }

    private static IAgentCore CreateCore(
        AgentParts parts, ConfigurationResult configuration, AgentOptions options, ILoggerFactory loggers, Action<string> reportFailure, Func<long> failedNotifications)
    {
        AgentLog.Starting(
            CreateLogger(loggers),
            BuildInformation.Version,
            $"{options.Sample.Interval.TotalSeconds} s",
            string.Join(", ", options.Sinks.Select(sink => $"{SinkKinds.Title(sink)} {SinkKinds.Of(sink).Target(sink)}")),
            configuration.Files.IsEmpty ? "built-in defaults" : string.Join(", ", configuration.Files));
        return parts.CreateCore(new AgentContext(options, loggers, reportFailure, failedNotifications));
    }

    private static ILogger CreateLogger(ILoggerFactory loggers) => loggers.CreateLogger(nameof(NsCollector));
}
