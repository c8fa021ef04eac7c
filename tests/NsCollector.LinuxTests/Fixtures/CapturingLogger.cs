using Microsoft.Extensions.Logging;

namespace NsCollector.LinuxTests.Fixtures;

/// <summary>Keeps what was logged.</summary>
internal sealed class CapturingLogger : ILogger
{
    private readonly List<(LogLevel Level, string Message)> _messages = [];

    internal IReadOnlyList<(LogLevel Level, string Message)> Messages
    {
        get
        {
            lock (_messages) return [.. _messages];
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_messages) _messages.Add((logLevel, formatter(state, exception)));
    }
}
