namespace NsCollector.GuestTests.Service;

/// <summary>The page of Prometheus, served by the confined service.</summary>
[Collection(GuestCollection.Name)]
public sealed class HttpTests(Guest guest)
{
    private const string Socket = "/run/nscollector/http.sock";

    [GuestFact]
    public void Page_is_served_on_loopback_and_on_a_socket_for_the_group()
    {
        using var agent = new InstalledAgent(guest, CollectedLines.Configuration + $"[http]\nlisten = 127.0.0.1:9469, unix:{Socket}\n");
        Guest.Await(() => Status("http://127.0.0.1:9469/readyz") == "200", "the first cycle", () => agent.Log);
        Assert.Equal("200", Status("http://127.0.0.1:9469/healthz"));

        string page = guest.Run("curl -sf http://127.0.0.1:9469/metrics");
        Assert.Contains("\ncontainer_cpu_usage_seconds_total{", page, StringComparison.Ordinal);
        Assert.Equal(
            long.Parse(guest.Run("awk '/^MemTotal:/ { print $2 * 1024 }' /proc/meminfo"), System.Globalization.CultureInfo.InvariantCulture),
            long.Parse(page.Split('\n').Single(line => line.StartsWith("machine_memory_bytes ", StringComparison.Ordinal)).Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal("755 nscollector nscollector", guest.Run($"stat -c '%a %U %G' {Path.GetDirectoryName(Socket)}"));
        Assert.Equal("660 nscollector nscollector", guest.Run($"stat -c '%a %U %G' {Socket}"));
        string asNobody = $"curl -sf -o /dev/null --unix-socket {Socket} http://localhost/metrics";
        Assert.Equal(0, guest.Try($"setpriv --reuid nobody --regid nogroup --groups $(getent group nscollector | cut -d: -f3) -- {asNobody}").Status);
        Assert.NotEqual(0, guest.Try($"setpriv --reuid nobody --regid nogroup --clear-groups -- {asNobody}").Status);

        // A second start finds the socket of a killed process.
        guest.Run("systemctl kill --signal KILL nscollector.service; systemctl reset-failed nscollector.service; systemctl restart nscollector.service");
        Guest.Await(() => guest.Try($"curl -sf -o /dev/null --unix-socket {Socket} http://localhost/readyz").Status == 0, "the page after the restart", () => agent.Log);

        Unit.Stop(guest);
        Assert.NotEqual(0, guest.Try($"test -e {Socket}").Status);
    }

    [GuestFact]
    public void Address_that_others_reach_is_refused_without_credentials()
    {
        string cursor = JournalEntry.Cursor(guest);
        Assert.ThrowsAny<Exception>(() => new InstalledAgent(guest, "[http]\nlisten = 0.0.0.0:9469\n"));
        Assert.Contains(JournalEntry.OfAgentSince(guest, cursor), entry => entry.Message.Contains("insecure", StringComparison.Ordinal));
    }

    private string Status(string url) => guest.Run($"curl -s -o /dev/null -w '%{{http_code}}' {url} || true");
}
