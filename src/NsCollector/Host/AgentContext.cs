using Microsoft.Extensions.Logging;

namespace NsCollector.Host;

/// <summary>What the host passes to the parts of the agent.</summary>
/// <param name="Options">The validated configuration.</param>
/// <param name="Loggers">Creates the loggers of the parts.</param>
/// <param name="ReportFailure">Called from any thread that cannot continue, with the reason. The agent then exits with status 1, and systemd restarts it.</param>
/// <param name="FailedNotifications">Number of messages to systemd that failed; null if none are sent. Called from the sampling thread.</param>
internal sealed record AgentContext(AgentOptions Options, ILoggerFactory Loggers, Action<string> ReportFailure, Func<long>? FailedNotifications = null);
