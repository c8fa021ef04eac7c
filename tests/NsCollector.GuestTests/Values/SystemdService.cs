using System.Globalization;

namespace NsCollector.GuestTests.Values;

/// <summary>A plain service.</summary>
internal static class SystemdService
{
    /// <summary>Starts one; <paramref name="properties"/> are systemd.resource-control(5)'s and systemd.exec(5)'s.</summary>
    public static RunningContainer Start(Guest guest, string name, params string[] properties)
    {
        guest.Run($"systemd-run --quiet --collect --unit {name} {string.Join(' ', properties.Select(property => "-p " + property))} /bin/sh -c '{WorkloadImage.Script("127.0.0.1", "/var/tmp/" + name).Replace("dd ", "busybox dd ", StringComparison.Ordinal)}'");
        string[] words = guest.Run($"systemctl show -P MainPID {name}.service; systemctl show -P ControlGroup {name}.service").Split('\n');
        return new RunningContainer("systemd", name + ".service", words[1], null, int.Parse(words[0], CultureInfo.InvariantCulture), words[1]);
    }

    /// <summary>Ends it.</summary>
    public static void Remove(Guest guest, string name) => guest.Run($"systemctl stop {name}.service 2> /dev/null; rm -f /var/tmp/{name}");
}
