using Microsoft.Extensions.Logging;

namespace NsCollector.Telemetry;

/// <summary>The message templates of <see cref="RateLimitedLog"/>.</summary>
internal static partial class RateLimitedLogMessages
{
    [LoggerMessage(EventId = 0, Message = "{Message}")]
    internal static partial void Once(ILogger logger, LogLevel level, string message);

    [LoggerMessage(EventId = 26, Message = "{Message} ({Suppressed} similar messages were suppressed)")]
    internal static partial void WithSuppressed(ILogger logger, LogLevel level, string message, long suppressed);
}
