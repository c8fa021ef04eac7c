using Microsoft.Extensions.Logging;

namespace NsCollector.Host;

/// <summary>What the host hands to the composition of the rooms.</summary>
/// <param name="Options">The validated configuration.</param>
/// <param name="Loggers">Where each room takes its logger from.</param>
/// <param name="ReportFailure">To be called by a thread that cannot go on, with the reason: the agent then ends with status 1, and systemd starts it anew. May be called from any thread.</param>
/// <param name="FailedNotifications">How many messages to systemd failed; null if nothing is sent to it. Called from the sampling thread.</param>
internal sealed record AgentContext(AgentOptions Options, ILoggerFactory Loggers, Action<string> ReportFailure, Func<long>? FailedNotifications = null);
