using System.Globalization;

namespace NsCollector.GuestTests.Service;

/// <summary>nscollector.service in the guest, as systemctl and its user see it.</summary>
internal static class Unit
{
    /// <summary>Where the default configuration has its lines go.</summary>
    public const string MetricsPath = "/var/log/nscollector/metrics.lp";

    /// <summary>Its main process now; "0" where it has none.</summary>
    public static string MainPid(Guest guest) => guest.Run("systemctl show -P MainPID nscollector.service");

    /// <summary>Stops it and waits until it has.</summary>
    public static void Stop(Guest guest) => guest.Run("systemctl stop nscollector.service");

    /// <summary>
    /// Waits until the file has the second cycle of so many of its starts: then the first is whole, and what follows a start is seen.
    /// </summary>
    public static void AwaitCycles(Guest guest, int starts = 1) => Guest.Await(
        () => guest.Run($"grep -c '^nscollector,.*cycles=2i' {MetricsPath} 2> /dev/null || true") == starts.ToString(CultureInfo.InvariantCulture),
        $"the second cycle of {starts} starts",
        () => guest.Run("systemctl status --no-pager -n 20 nscollector.service || true"));
}
