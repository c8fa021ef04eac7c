using System.CommandLine;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using NsCollector.Host;
using NsCollector.Host.Configuration;
using NsCollector.Host.Configuration.Values;
using NsCollector.Host.Logging;

namespace NsCollector.Cli;

/// <summary><c>nscollector sample</c>: prints a few samples.</summary>
internal static class SampleCommand
{
    internal static Command Create(RootOptions roots, AgentParts parts)
    {
        Option<int?> count = ParsedOption.Create("--count", "N", "Number of samples to print (default 1).", new IntegerValue(1, 1_000_000));
        Option<TimeSpan?> interval = ParsedOption.Create("--interval", "DURATION", "Time between two samples (default 1s). The first sample is not printed; the rates of the second need it.",
            new DurationValue(TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1)));
        ChoiceValue<SampleFormat> formats = new(("influx", SampleFormat.Influx), ("table", SampleFormat.Table), ("json", SampleFormat.Json));
        Option<SampleFormat?> format = ParsedOption.Create("--format", string.Join('|', formats.Words), "Output format (default influx).", formats);
        Command command = new("sample", "Sample all containers and print the result to standard output.") { count, interval, format };
        ConfigurationOptions configuration = new(roots);
        configuration.AddTo(command);
        command.SetAction(parsed =>
        {
            SampleRequest request = new(parsed.GetValue(count) ?? 1, parsed.GetValue(interval) ?? TimeSpan.FromSeconds(1), parsed.GetValue(format) ?? SampleFormat.Influx);
            return Run(configuration.Load(parsed), request, parts);
        });
        return command;
    }

    private static int Run(ConfigurationResult configuration, SampleRequest request, AgentParts parts)
    {
        if (configuration.Options is not { } options)
        {
            ConfigurationOptions.Report(configuration.Errors);
            return ExitCode.Configuration;
        }

        options = options with { Sample = options.Sample with { Interval = request.Interval, Align = false, Jitter = TimeSpan.Zero } };
        using ILoggerFactory loggers = AgentLogging.Create(options.Log.ForForeground());
        // Not Console.OpenStandardOutput: its stream ignores EPIPE, and `sample --count 1000000 | head` would go on to the end.
        using SafeFileHandle standardOutput = new(1, ownsHandle: false);
        using FileStream output = new(standardOutput, FileAccess.Write, bufferSize: 0);
        string? failure = null;
        int status = parts.Sample(new AgentContext(options, loggers, reason => failure = reason), request, output);
        if (failure is not null) Console.Error.WriteLine("nscollector: " + failure);
        return failure is null ? status : ExitCode.Failed;
    }
}
