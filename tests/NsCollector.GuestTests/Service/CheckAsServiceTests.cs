using System.Globalization;

namespace NsCollector.GuestTests.Service;

/// <summary><c>nscollector check --as-service</c> with the installed unit, beside what systemd gives to the service.</summary>
[Collection(GuestCollection.Name)]
public sealed class CheckAsServiceTests(Guest guest, StartedAgent started) : IClassFixture<StartedAgent>
{
    private const string AsService = "nscollector check --as-service";

    // include/uapi/linux/capability.h
    private static readonly Dictionary<int, string> _capabilities = new() { [2] = "CAP_DAC_READ_SEARCH", [19] = "CAP_SYS_PTRACE", [21] = "CAP_SYS_ADMIN" };

    [GuestFact]
    public void As_service_has_user_capabilities_and_limits_of_systemd()
    {
        string[] status = guest.Read($"/proc/{started.Pid}/status").Split('\n'), limits = guest.Read($"/proc/{started.Pid}/limits").Split('\n');
        ulong effective = ulong.Parse(After(status, "CapEff:")[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        string capabilities = string.Join(" ", Enumerable.Range(0, 64).Where(number => ((effective >> number) & 1) != 0).Select(number => _capabilities[number]));
        string output = guest.Try(AsService).Output;
        Assert.Contains("ok    service: /usr/lib/systemd/system/nscollector.service\n", output, StringComparison.Ordinal);
        Assert.Contains(
            $"service: user nscollector ({After(status, "Uid:")[1]}), groups {string.Join(" ", After(status, "Groups:"))}, capabilities {capabilities}\n",
            output, StringComparison.Ordinal);
        Assert.Contains($"RLIMIT_NOFILE {After(limits, "Max open files")[0]}: ", output, StringComparison.Ordinal);
        Assert.Contains("ok    real-time priority: granted", output, StringComparison.Ordinal);
        Assert.Contains("ok    network: by visit", output, StringComparison.Ordinal);
        Assert.DoesNotContain("does not exist yet", output, StringComparison.Ordinal);
    }

    [GuestFact]
    public void As_service_reports_sink_outside_of_the_units_directories()
    {
        guest.Run("install -d -o nscollector -g nscollector /srv/metrics");
        const string Sink = " --set file:other:path=/srv/metrics/metrics.lp";
        (int status, string output, _) = guest.Try(AsService + Sink);
        Assert.Equal(1, status);
        Assert.Contains("FAIL  file:other: /srv/metrics/metrics.lp: this user cannot create a file in /srv/metrics (EROFS)", output, StringComparison.Ordinal);
        Assert.Contains("ok    file:other: /srv/metrics/metrics.lp: writable", guest.Try("nscollector check" + Sink).Output, StringComparison.Ordinal);
        using (new UnitDropIn(guest, "ReadWritePaths=/srv/metrics"))
        {
            output = guest.Try(AsService + Sink).Output;
            Assert.Contains("/etc/systemd/system/nscollector.service.d/90-test.conf", output, StringComparison.Ordinal);
            Assert.Contains("ok    file:other: /srv/metrics/metrics.lp: writable", output, StringComparison.Ordinal);
        }
    }

    /// <summary>The words after the name of a line of /proc/PID/status or limits.</summary>
    private static string[] After(string[] lines, string name) =>
        lines.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
