using System.Globalization;

namespace NsCollector.GuestTests.Values;

/// <summary>A systemd service.</summary>
internal static class SystemdService
{
    /// <summary>Starts one with <paramref name="properties"/> of systemd.resource-control(5) and systemd.exec(5).</summary>
    public static RunningContainer Start(Guest guest, string name, params string[] properties)
    {
        guest.Run($"systemd-run --quiet --collect --unit {name} {string.Join(' ', properties.Select(property => "-p " + property))} /bin/sh -c '{WorkloadImage.Script("127.0.0.1", "/var/tmp/" + name).Replace("dd ", "busybox dd ", StringComparison.Ordinal)}'");
        string[] words = guest.Run($"systemctl show -P MainPID {name}.service; systemctl show -P ControlGroup {name}.service").Split('\n');
        return new RunningContainer("systemd", name + ".service", words[1], null, int.Parse(words[0], CultureInfo.InvariantCulture), words[1]);
    }

    /// <summary>Stops it.</summary>
    public static void Remove(Guest guest, string name) => guest.Run($"systemctl stop {name}.service 2> /dev/null; rm -f /var/tmp/{name}");
}
