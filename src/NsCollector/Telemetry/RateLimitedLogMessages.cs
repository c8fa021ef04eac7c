using Microsoft.Extensions.Logging;

namespace NsCollector.Telemetry;

/// <summary>The shapes of the messages of <see cref="RateLimitedLog"/>.</summary>
internal static partial class RateLimitedLogMessages
{
    [LoggerMessage(EventId = 0, Message = "{Message}")]
    internal static partial void Once(ILogger logger, LogLevel level, string message);

    [LoggerMessage(EventId = 1, Message = "{Message} ({HeldBack} more of this kind since the last such message)")]
    internal static partial void Again(ILogger logger, LogLevel level, string message, long heldBack);
}
