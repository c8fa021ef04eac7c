using Microsoft.Extensions.Logging;

namespace NsCollector.LinuxTests.Deliver;

/// <summary>Keeps what is said.</summary>
internal sealed class ListLogger : ILogger
{
    private readonly List<string> _messages = [];

    public string[] Messages
    {
        get
        {
            lock (_messages) return [.. _messages];
        }
    }

    public int Count(string part) => Messages.Count(message => message.Contains(part, StringComparison.Ordinal));

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_messages) _messages.Add(formatter(state, exception));
    }
}
