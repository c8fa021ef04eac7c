using System.Globalization;

namespace NsCollector.GuestTests.Service;

/// <summary>A database outage.</summary>
[Collection(GuestCollection.Name)]
public sealed class OutageTests(Guest guest)
{
    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Points_collected_during_a_database_outage_arrive_later()
    {
        try
        {
            using (var agent = new InstalledAgent(guest, $"{CollectedLines.Configuration}[file:main]\npath = {Unit.MetricsPath}\n[influx:main]\nurl = http://127.0.0.1:8086\ndatabase = telemetry\ncreate_database = on\n"))
            {
                Unit.AwaitCycles(guest);
                Guest.Await(() => guest.Run("ls /var/lib/nscollector/spool/main | grep -c 'lp.gz$' || true") is not ("" or "0"), "spooled files", () => agent.Log);
                Assert.Equal("700 nscollector", guest.Run("stat -c '%a %U' /var/lib/nscollector"));
                long backNs = guest.NowNs;
                guest.Run("systemctl start influxdb.service");
                int collected = 0;
                string counted = "";
                Guest.Await(
                    () =>
                    {
                        collected = agent.Points.Count(point => point.Measurement == "container_info" && point.Container == CollectedLines.Container && point.TimestampNs <= backNs);
                        counted = guest.Try($"curl -sG 'http://127.0.0.1:8086/query' --data-urlencode db=telemetry --data-urlencode 'q=SELECT count(uptime_ns) FROM container_info WHERE time <= {backNs.ToString(CultureInfo.InvariantCulture)}'").Output;
                        return collected > 1 && counted.Contains($",{collected.ToString(CultureInfo.InvariantCulture)}]]", StringComparison.Ordinal);
                    },
                    "the database has the points collected during the outage",
                    () => $"{collected} were, {counted}\n{agent.Log}");
            }
        }
        finally
        {
            guest.Run("systemctl stop influxdb.service; rm -rf /var/lib/nscollector/spool /var/lib/influxdb/*");
        }
    }
}
