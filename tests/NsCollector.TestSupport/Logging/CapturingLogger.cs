using Microsoft.Extensions.Logging;

namespace NsCollector.TestSupport.Logging;

/// <summary>A thread-safe logger that keeps all messages.</summary>
public sealed class CapturingLogger : ILogger
{
    private readonly List<(LogLevel Level, string Message)> _entries = [];

    /// <summary>The lowest level that is enabled.</summary>
    public LogLevel Lowest { get; set; } = LogLevel.Trace;

    /// <summary>All messages so far, with their levels.</summary>
    public IReadOnlyList<(LogLevel Level, string Message)> Entries
    {
        get
        {
            lock (_entries) return [.. _entries];
        }
    }

    /// <summary>All messages so far.</summary>
    public string[] Messages => [.. Entries.Select(entry => entry.Message)];

    /// <summary>The number of messages that contain a text.</summary>
    public int Count(string part) => Messages.Count(message => message.Contains(part, StringComparison.Ordinal));

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= Lowest;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_entries) _entries.Add((logLevel, formatter(state, exception)));
    }
}
