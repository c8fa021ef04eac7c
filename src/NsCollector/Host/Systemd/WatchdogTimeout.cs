using System.Globalization;

namespace NsCollector.Host.Systemd;

/// <summary>The watchdog of systemd (sd_watchdog_enabled(3)), which the hosting package does not read.</summary>
internal static class WatchdogTimeout
{
    /// <summary>The time within which systemd expects a keep-alive (WatchdogSec=); null if it expects none from this process.</summary>
    /// <param name="variable">The value of an environment variable, or null.</param>
    /// <param name="processId">This process.</param>
    internal static TimeSpan? FromEnvironment(Func<string, string?> variable, int processId)
    {
        // WATCHDOG_PID may name another process of the unit: that one then sends the keep-alive.
        bool isOurs = variable("WATCHDOG_PID") is not { Length: > 0 } pid || pid == processId.ToString(CultureInfo.InvariantCulture);
        return isOurs && long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long usec) && usec is > 0 and < long.MaxValue / 10
            ? TimeSpan.FromMicroseconds(usec)
            : null;
    }
}
