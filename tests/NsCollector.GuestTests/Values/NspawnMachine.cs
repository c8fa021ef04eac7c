using System.Globalization;
using NsCollector.GuestTests.Kernel;

namespace NsCollector.GuestTests.Values;

/// <summary>Machines of systemd-nspawn, started in both ways.</summary>
internal static class NspawnMachine
{
    private const string Address = "10.77.1.1";

    /// <summary>
    /// Started by name as systemd-nspawn@NAME.service, with its own user namespace, veth pair and init, which is a script here.
    /// </summary>
    public static RunningContainer StartUnit(Guest guest, string name)
    {
        string tree = $"/var/lib/machines/{name}";
        guest.Run($"rm -rf {tree}; mkdir -p {tree}; cp -a {WorkloadImage.Root(guest)}/. {tree}/; mkdir -p {tree}/sbin; touch {tree}/etc/os-release");
        guest.Run($"cat > {tree}/sbin/init; chmod 0755 {tree}/sbin/init", $"""
            #!/bin/sh
            ip link set host0 up
            ip addr add 10.77.1.2/24 dev host0
            until ping -c 1 -W 1 {Address}; do sleep 0.2; done
            {WorkloadImage.Script(Address)}

            """);
        // Normally networkd assigns the host's address.
        guest.Run($"machinectl start {name} && ip link set ve-{name} up && ip addr add {Address}/24 dev ve-{name}");
        return Inspect(guest, name, $"systemd-nspawn@{name}.service");
    }

    /// <summary>Started by hand, with a scope made by machined and a network namespace without a connection.</summary>
    public static RunningContainer StartScope(Guest guest, string name)
    {
        guest.Run($"touch {WorkloadImage.Root(guest)}/etc/os-release; systemd-run --quiet --collect --unit nspawn-{name} systemd-nspawn --quiet --private-network --machine {name} --as-pid2 --directory {WorkloadImage.Root(guest)} /bin/sh -c '{WorkloadImage.Script("127.0.0.1", "/data/" + name)}'");
        Guest.Await(() => guest.Try($"machinectl show {name}").Status == 0, $"the machine {name} is registered", () => guest.Try($"systemctl status --no-pager nspawn-{name}").Output);
        return Inspect(guest, name, guest.Run($"machinectl show {name} --value -p Unit"));
    }

    /// <summary>Stops it and removes its tree.</summary>
    public static void Remove(Guest guest, string name) =>
        // Its init does not support a shutdown request, and killing nspawn itself would leave mounts behind.
        guest.Run($"machinectl kill --kill-whom leader --signal KILL {name} 2> /dev/null; systemctl stop systemd-nspawn@{name}.service nspawn-{name}.service 2> /dev/null; rm -rf /var/lib/machines/{name} {WorkloadImage.Root(guest)}/data/{name}");

    private static RunningContainer Inspect(Guest guest, string name, string unit)
    {
        int leader = int.Parse(guest.Run($"machinectl show {name} --value -p Leader"), CultureInfo.InvariantCulture);
        string cgroup = guest.Run($"systemctl show -P ControlGroup '{unit}'");
        Assert.Equal(cgroup + "/payload", CgroupReading.PathOf(guest, leader));
        return new RunningContainer("nspawn", name, name, null, leader, cgroup);
    }
}
