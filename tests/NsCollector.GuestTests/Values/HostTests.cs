using System.Globalization;
using NsCollector.GuestTests.Service;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// The host's own readings by the confined service: its sandbox makes file systems read-only and hides the home directories, but the
/// host's mounts and their flags are those of process 1.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class HostTests(Guest guest, StartedAgent started) : IClassFixture<StartedAgent>, IDisposable
{
    private const string MountPoint = "/home/nsc host";

    public void Dispose() => guest.Run($"umount '{MountPoint}' 2> /dev/null; rmdir '{MountPoint}' 2> /dev/null; true");

    [GuestFact]
    public void Host_file_systems_are_those_of_process_1_with_their_flags()
    {
        guest.Run($"mkdir -p '{MountPoint}' && mount -t tmpfs -o size=8m nsc-test '{MountPoint}' && dd if=/dev/zero of='{MountPoint}/file' bs=1M count=3 2> /dev/null");
        InstalledAgent agent = started.Agent;

        // The running agent may have read it before the file was there, up to a cycle before the point.
        long madeNs = NowNs();
        Point mounted = Await(agent, point => point.Tags["mount_point"] == MountPoint && point.TimestampNs > madeNs + 2_000_000_000);
        Assert.Equal((8L << 20, "nsc-test", "tmpfs", false), (mounted.Fields["size_bytes"], mounted.Tags["device"], mounted.Tags["fstype"], mounted.Fields["read_only"]));
        Assert.Equal(3L << 20, mounted.Fields["used_bytes"]);

        // The service sees it read-only, as everything.
        Point root = Await(agent, point => point.Tags["mount_point"] == "/");
        Assert.Equal(false, root.Fields["read_only"]);
        Assert.Equal(guest.Run("stat -f -c '%b %S' / | awk '{ print $1 * $2 }'"), Convert.ToString(root.Fields["size_bytes"], CultureInfo.InvariantCulture));

        guest.Run($"mount -o remount,ro '{MountPoint}'");
        long changedNs = NowNs();
        Assert.Equal(true, Await(agent, point => point.Tags["mount_point"] == MountPoint && point.TimestampNs > changedNs).Fields["read_only"]);
        guest.Run($"umount '{MountPoint}'");
        long goneNs = NowNs();
        _ = Await(agent, point => point.Tags["mount_point"] == "/" && point.TimestampNs > goneNs + 2_000_000_000);
        Assert.DoesNotContain(agent.Points, point => point.Measurement == "host_filesystem" && point.Tags["mount_point"] == MountPoint && point.TimestampNs > goneNs + 1_000_000_000);
        Assert.Equal(0L, agent.Points.Last(point => point.Measurement == "nscollector" && !point.Tags.ContainsKey("sink")).Fields["read_errors"]);
    }

    [GuestFact]
    public void Mounts_of_containers_are_left_out_and_a_new_tmpfs_is_in_the_next_cycle()
    {
        Engine[] engines = [Engine.Docker(guest), Engine.Podman(guest)];
        try
        {
            // With this option the runtime mounts the shared memory on the host, too.
            Assert.All(engines, engine => engine.Start("host-mounts", "--ipc shareable --network none --tmpfs /inside:size=1m", "/bin/sleep 3600"));
            string[] mounted = guest.Run("awk '{ print $5 }' /proc/1/mountinfo").Split('\n');
            foreach (Engine engine in engines)
            {
                string id = engine.Inspect("host-mounts").Id, merged = engine.Run("inspect -f '{{.GraphDriver.Data.MergedDir}}' host-mounts");
                Assert.Contains(merged, mounted);
                Assert.Contains(mounted, point => point.Contains(id, StringComparison.Ordinal) && point.EndsWith("/shm", StringComparison.Ordinal));
            }

            // Other tests of this class use the same agent and the same mount point.
            InstalledAgent agent = started.Agent;
            long beganNs = NowNs();
            _ = Await(agent, point => point.Tags["mount_point"] == "/" && point.TimestampNs > beganNs);
            guest.Run($"mkdir -p '{MountPoint}' && mount -t tmpfs -o size=8m nsc-test '{MountPoint}'");
            long mountedNs = NowNs();
            Point late = Await(agent, point => point.Tags["mount_point"] == MountPoint && point.TimestampNs > mountedNs);
            Assert.InRange(agent.Points.Count(point => point.Measurement == "host_filesystem" && point.Tags["mount_point"] == "/" && point.TimestampNs > mountedNs && point.TimestampNs < late.TimestampNs), 0, 1);

            // Each file system once. The points of a cycle are some milliseconds apart.
            string[] reported = [.. agent.Points.Where(point => point.Measurement == "host_filesystem" && Math.Abs(point.TimestampNs - late.TimestampNs) < 500_000_000).Select(point => point.Tags["mount_point"])];
            Assert.Equal(reported.Distinct(), reported);
            Assert.Contains("/", reported);
            Assert.DoesNotContain(reported, point => point.StartsWith("/var/lib/", StringComparison.Ordinal) || point == "/inside" || (point.EndsWith("/shm", StringComparison.Ordinal) && point != "/dev/shm"));
            Assert.DoesNotContain(agent.Points, point => point.Measurement == "host_filesystem" && point.Tags["fstype"] == "overlay");
        }
        finally
        {
            Array.ForEach(engines, engine => engine.Remove("host-mounts"));
        }
    }

    [GuestFact]
    public void Host_counters_lie_between_two_readings_of_the_kernels_files()
    {
        InstalledAgent agent = started.Agent;
        long before = ContextSwitches(), fromNs = NowNs();
        Guest.Await(() => agent.Points.Any(point => point.Measurement == "host_cpu" && point.TimestampNs > fromNs), "a point of the host", () => agent.Log);
        long after = ContextSwitches();
        Point cpu = agent.Points.First(point => point.Measurement == "host_cpu" && point.TimestampNs > fromNs);
        Assert.InRange((long)cpu.Fields["context_switches"], before, after);
        Point memory = agent.Points.First(point => point.Measurement == "host_memory" && point.TimestampNs > fromNs);
        Assert.Equal(long.Parse(guest.Run("awk '/^MemTotal/ { print $2 }' /proc/meminfo"), CultureInfo.InvariantCulture) * 1024, memory.Fields["total_bytes"]);
        Assert.Contains(agent.Points, point => point.Measurement == "host_pressure" && point.Tags["resource"] == "memory");
        Assert.Contains(agent.Points, point => point.Measurement == "host_network" && point.Tags["interface"] == "lo");

        // The root file system's disk.
        string disk = guest.Run("d=$(basename \"$(findmnt -n -o SOURCE /)\"); p=$(lsblk -n -d -o PKNAME \"/dev/$d\"); echo \"${p:-$d}\"");
        Assert.Contains(agent.Points, point => point.Measurement == "host_disk" && point.Tags["device"] == disk);
    }

    private long ContextSwitches() => long.Parse(guest.Run("awk '/^ctxt/ { print $2 }' /proc/stat"), CultureInfo.InvariantCulture);

    private long NowNs() => long.Parse(guest.Run("date +%s%N"), CultureInfo.InvariantCulture);

    private static Point Await(InstalledAgent agent, Func<Point, bool> isWanted)
    {
        Point? found = null;
        Guest.Await(() => (found = agent.Points.FirstOrDefault(point => point.Measurement == "host_filesystem" && isWanted(point))) is not null, "a file system", () => agent.Log);
        return found!;
    }
}
