using System.Text.Json;
using NsCollector.GuestTests.Values;

namespace NsCollector.GuestTests.Service;

/// <summary>Docker's API, served by the confined service.</summary>
[Collection(GuestCollection.Name)]
public sealed class DockerApiTests(Guest guest)
{
    private const string Socket = "/run/nscollector/docker.sock";

    [GuestFact]
    public void Group_reads_what_dockers_files_say_and_others_cannot_connect()
    {
        Engine docker = Engine.Docker(guest);
        docker.Remove("nsc-api");
        docker.Start("nsc-api", "--memory 64m --pids-limit 40 --label tier=front --env SECRET=1", "sleep 1000");
        try
        {
            using var agent = new InstalledAgent(guest, CollectedLines.Configuration + $"[docker_api]\nlisten = unix:{Socket}\n");
            Guest.Await(() => Names().Contains("/nsc-api"), "the container", () => agent.Log);
            Assert.Equal("660 nscollector nscollector", guest.Run($"stat -c '%a %U %G' {Socket}"));

            // hostconfig.json is only readable for root, by CAP_DAC_READ_SEARCH also for the service.
            JsonElement inspect = Get("/containers/nsc-api/json");
            JsonElement host = inspect.GetProperty("HostConfig");
            Assert.Equal((64L << 20, 40L), (host.GetProperty("Memory").GetInt64(), host.GetProperty("PidsLimit").GetInt64()));
            Assert.Equal("json-file", host.GetProperty("LogConfig").GetProperty("Type").GetString());
            Assert.Equal("front", inspect.GetProperty("Config").GetProperty("Labels").GetProperty("tier").GetString());
            Assert.DoesNotContain("SECRET", inspect.GetRawText(), StringComparison.Ordinal);
            Assert.Contains("sleep 1000", Get("/containers/nsc-api/top").GetRawText(), StringComparison.Ordinal);
            Assert.InRange(Get("/containers/nsc-api/stats?stream=0").GetProperty("memory_stats").GetProperty("usage").GetInt64(), 1, 64L << 20);

            // curl's status 7: it cannot connect.
            Assert.Equal(0, guest.Try($"setpriv --reuid nobody --regid nogroup --groups $(getent group nscollector | cut -d: -f3) -- {Curl}/_ping > /dev/null").Status);
            Assert.Equal(7, guest.Try($"setpriv --reuid nobody --regid nogroup --clear-groups -- {Curl}/_ping").Status);
            Unit.Stop(guest);
            Assert.NotEqual(0, guest.Try($"test -e {Socket}").Status);
        }
        finally
        {
            docker.Remove("nsc-api");
        }
    }

    [GuestFact]
    public void Another_group_connects_with_the_documented_drop_in()
    {
        using var dropIn = new UnitDropIn(guest, "SupplementaryGroups=daemon\nSystemCallFilter=fchownat");
        using var agent = new InstalledAgent(guest, CollectedLines.Configuration + $"[docker_api]\nlisten = unix:{Socket}\nsocket_group = daemon\n");
        Guest.Await(() => guest.Try($"{Curl}/_ping > /dev/null").Status == 0, "the socket", () => agent.Log);
        Assert.Equal("660 nscollector daemon", guest.Run($"stat -c '%a %U %G' {Socket}"));
        Assert.Equal(0, guest.Try($"setpriv --reuid nobody --regid nogroup --groups $(getent group daemon | cut -d: -f3) -- {Curl}/_ping > /dev/null").Status);
        Assert.Equal(7, guest.Try($"setpriv --reuid nobody --regid nogroup --groups $(getent group nscollector | cut -d: -f3) -- {Curl}/_ping").Status);
        Unit.Stop(guest);
    }

    private static string Curl => $"curl -sf --unix-socket {Socket} http://localhost";

    private string[] Names() => guest.Try($"{Curl}/_ping").Status != 0 ? []
        : [.. Get("/containers/json").EnumerateArray().Select(container => container.GetProperty("Names")[0].GetString()!)];

    private JsonElement Get(string path) => JsonDocument.Parse(guest.Run($"{Curl}'{path}'")).RootElement;
}
