using System.Globalization;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// The agent beside a systemd whose cgroup is not the root of the tree: a second one in a container without a cgroup namespace,
/// in which the whole tree is visible.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class InnerSystemdTests(Guest guest) : IDisposable
{
    private const string Machine = "inner", Directory = "/run/inner-systemd", Service = "below-inner";

    public void Dispose()
    {
        if (Guest.SshConfig is not null)
            guest.Run($"systemctl stop {Machine}-machine.service 2> /dev/null; umount {Directory}/root 2> /dev/null; umount {Directory} 2> /dev/null; rmdir {Directory} 2> /dev/null || true");
    }

    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Services_of_the_inner_systemd_are_found_from_inside()
    {
        // The guest's own files under a temporary layer.
        guest.Run($"""
            mkdir -p {Directory} && mount -t tmpfs tmpfs {Directory} && mkdir {Directory}/upper {Directory}/work {Directory}/root
            mount -t overlay overlay -o lowerdir=/,upperdir={Directory}/upper,workdir={Directory}/work {Directory}/root
            rm {Directory}/root/etc/fstab
            systemd-run --quiet --collect --unit {Machine}-machine -p Delegate=yes -E SYSTEMD_NSPAWN_USE_CGNS=0 systemd-nspawn --quiet --directory {Directory}/root --machine {Machine} --boot --private-network
            """);
        Guest.Await(() => guest.Try($"systemctl --machine {Machine} is-system-running").Output.Trim() is "running" or "degraded", "the inner systemd runs", () => guest.Try($"journalctl --no-pager -n 20 -u {Machine}-machine").Output);
        string leader = guest.Run($"machinectl show {Machine} --value -p Leader");
        string root = guest.Run($"sed -n 's/^0:://p' /proc/{leader}/cgroup").Replace("/init.scope", "", StringComparison.Ordinal);
        Assert.StartsWith("/machine.slice/", root, StringComparison.Ordinal);

        Assert.Equal(root + "/init.scope", Inside("sed -n 's/^0:://p' /proc/1/cgroup"));
        string[] words = Inside($"systemd-run --quiet --unit {Service} /bin/sleep 3600; systemctl show --value -p ControlGroup -p MainPID {Service}").Split('\n');
        Assert.Contains($"{root}/system.slice/{Service}.service", words);
        List<Point> points = StrictParser.ParseAll(Inside("nscollector sample --format influx --count 1 --interval 100ms --set discovery:systemd_services=on < /dev/null") + "\n");
        Point info = Assert.Single(points, point => point.Measurement == "container_info" && point.Container == Service + ".service");
        Assert.Equal(("systemd", $"{root}/system.slice/{Service}.service"), (info.Tags["runtime"], info.Text("container_id")));
        Assert.Contains(info.Integer("pid").ToString(CultureInfo.InvariantCulture), words);

        // The container in which it runs is its host, and so no container.
        Assert.DoesNotContain(points, point => point.Tags.GetValueOrDefault("runtime") == "nspawn");

        string Inside(string script) => guest.Run($"nsenter --target {leader} --all sh -c \"{script}\"");
    }
}
