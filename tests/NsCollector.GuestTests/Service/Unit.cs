using System.Globalization;

namespace NsCollector.GuestTests.Service;

/// <summary>nscollector.service in the guest.</summary>
internal static class Unit
{
    /// <summary>The file of the default configuration's sink.</summary>
    public const string MetricsPath = "/var/log/nscollector/metrics.lp";

    /// <summary>Its cgroup on cgroup v2, which exists while it runs.</summary>
    public const string Cgroup = "/nscollector.slice/nscollector.service";

    /// <summary>The current pid of its main process; "0" if there is none.</summary>
    public static string MainPid(Guest guest) => guest.Run("systemctl show -P MainPID nscollector.service");

    /// <summary>Stops it and waits until it has stopped.</summary>
    public static void Stop(Guest guest) => guest.Run("systemctl stop nscollector.service");

    /// <summary>
    /// Waits until the file has the second cycle of this many starts, so the first cycle of each is complete.
    /// </summary>
    public static void AwaitCycles(Guest guest, int starts = 1) => Guest.Await(
        () => guest.Run($"grep -c '^nscollector,.*cycles=2i' {MetricsPath} 2> /dev/null || true") == starts.ToString(CultureInfo.InvariantCulture),
        $"the second cycle of {starts} starts",
        () => guest.Run("systemctl status --no-pager -n 20 nscollector.service || true"));
}
