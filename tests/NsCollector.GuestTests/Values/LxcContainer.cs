using System.Globalization;
using NsCollector.GuestTests.Kernel;

namespace NsCollector.GuestTests.Values;

/// <summary>A container of LXC's tools, with limits and its own veth pair, because there is no bridge.</summary>
internal static class LxcContainer
{
    private const string Address = "10.77.2.1";

    /// <summary>Starts one with 64 MiB of memory, half a CPU and 50 tasks.</summary>
    public static RunningContainer Start(Guest guest, string name)
    {
        guest.Write($"/var/lib/lxc/{name}/config", $"""
            lxc.uts.name = {name}
            lxc.rootfs.path = dir:{WorkloadImage.Root(guest)}
            lxc.apparmor.profile = unconfined
            lxc.net.0.type = veth
            lxc.net.0.name = eth0
            lxc.net.0.veth.pair = lxc0
            lxc.net.0.flags = up
            lxc.net.0.ipv4.address = 10.77.2.2/24
            lxc.cgroup2.memory.max = 67108864
            lxc.cgroup2.cpu.max = 50000 100000
            lxc.cgroup2.pids.max = 50

            """);
        guest.Run($"lxc-start -n {name} -- /bin/sh -c 'until ping -c 1 -W 1 {Address}; do sleep 0.2; done; {WorkloadImage.Script(Address, "/data/" + name)}' && ip addr add {Address}/24 dev lxc0 && ip link set lxc0 up");
        int pid = int.Parse(guest.Run($"lxc-info -n {name} -pH"), CultureInfo.InvariantCulture);
        string cgroup = CgroupReading.PathOf(guest, pid);
        Assert.EndsWith("/lxc.payload." + name, cgroup, StringComparison.Ordinal);
        return new RunningContainer("lxc", name, name, null, pid, cgroup);
    }

    /// <summary>Stops and removes it.</summary>
    public static void Remove(Guest guest, string name) => guest.Run($"lxc-stop -k -n {name} 2> /dev/null; rm -rf /var/lib/lxc/{name} {WorkloadImage.Root(guest)}/data/{name}");
}
