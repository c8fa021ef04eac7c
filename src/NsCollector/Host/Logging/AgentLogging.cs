using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Logging;

/// <summary>Creates the loggers. All levels go to standard error, because standard output may be a sink.</summary>
internal static class AgentLogging
{
    private const int StandardError = 2;

    /// <summary>Creates the logger factory of a command other than <c>run</c>.</summary>
    internal static ILoggerFactory Create(LogOptions options) => LoggerFactory.Create(builder => Configure(builder, options));

    /// <summary>Adds the console in the configured format; replaces a format that was chosen before.</summary>
    internal static void Configure(ILoggingBuilder builder, LogOptions options)
    {
        bool journald = options.Format switch
        {
            LogFormat.Journald => true,
            LogFormat.Text => false,
            _ => StandardErrorIsJournal(),
        };
        builder.SetMinimumLevel(options.Level);
        if (journald)
        {
            builder.AddSystemdConsole(formatter => formatter.TimestampFormat = null);
        }
        else
        {
            builder.AddSimpleConsole(formatter =>
            {
                formatter.SingleLine = true;
                formatter.TimestampFormat = "yyyy-MM-dd HH:mm:ss ";

                // The formatter checks whether standard output is a terminal, but the log goes to standard error.
                formatter.ColorBehavior = Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
            });
        }

        builder.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>Writes an error before there is a logger, because the configuration is invalid.</summary>
    internal static void WriteError(string message) => Console.Error.WriteLine((StandardErrorIsJournal() ? "<3>" : "") + "nscollector: " + message);

    /// <summary>Writes a warning before there is a logger.</summary>
    internal static void WriteWarning(string message) => Console.Error.WriteLine((StandardErrorIsJournal() ? "<4>" : "") + "nscollector: warning: " + message);

    /// <summary>
    /// Whether JOURNAL_STREAM (systemd.exec(5)) names this file. The variable alone is not enough: a shell started
    /// from a service inherits it although its standard error may be another file.
    /// </summary>
    internal static bool IsJournal(string? journalStream, ulong device, ulong inode) =>
        journalStream == string.Create(CultureInfo.InvariantCulture, $"{device}:{inode}");

    private static bool StandardErrorIsJournal() =>
        Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 } stream &&
        Libc.Statx(StandardError, "\0"u8, out FileStatus status) == 0 &&
        IsJournal(stream, status.Device, status.Inode);
}
