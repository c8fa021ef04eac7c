using System.Globalization;
using NsCollector.GuestTests.Kernel;
using NsCollector.RuntimeTests.LineProtocol;

namespace NsCollector.GuestTests.Values;

/// <summary>A podman container under the systemd cgroup driver on pure cgroup v2, beside what the kernel says of it.</summary>
[Collection(GuestCollection.Name)]
public sealed class PodmanTests(Guest guest)
{
    private const int Datagrams = 200;

    [GuestFact]
    public void A_container_has_the_values_that_the_kernel_has()
    {
        Assert.Equal("cgroup2fs", guest.Run("stat -fc %T /sys/fs/cgroup"));
        WorkloadImage.Import(guest, "podman");
        string gateway = guest.Run("podman network inspect podman -f '{{(index .Subnets 0).Gateway}}'");
        try
        {
            guest.Run($"podman run -d --name web.front_1-a --memory 64m --cpus 1.5 --pids-limit 50 {WorkloadImage.Name} /bin/sh -c '{WorkloadImage.Script(gateway, Datagrams)}'");
            string[] state = guest.Run("podman inspect -f '{{.Id}} {{.State.Pid}} {{.ImageName}} {{.Name}}' web.front_1-a").Split(' ');
            string id = state[0];
            int pid = int.Parse(state[1], CultureInfo.InvariantCulture);
            // The container is systemd's unit; crun puts its processes into a cgroup of their own below that.
            string cgroup = guest.Run($"systemctl show -P ControlGroup libpod-{id}.scope");
            Assert.StartsWith(cgroup, CgroupReading.PathOf(guest, pid), StringComparison.Ordinal);
            // Done with its work: it has held its memory and burnt its CPU time.
            Guest.Await(() => CgroupReading.Take(guest, cgroup, pid) is CgroupReading now && now.Keyed("cpu.stat", "usage_usec") > 300_000 && now.Number("memory.current") > 20 << 20, "the work is done");

            using var agent = new InstalledAgent(guest);
            CgroupReading before = CgroupReading.Take(guest, cgroup, pid);
            Sample sample = agent.AwaitSample(id, before.EndedNs);
            CgroupReading after = CgroupReading.Take(guest, cgroup, pid);
            Assert.InRange(sample.TimestampNs, before.EndedNs, after.BeganNs);

            Point info = sample.Of("container_info");
            Assert.Equal(("podman", state[3], state[2]), (info.Tags["runtime"], info.Container, info.Tags["image"]));
            Assert.Equal(pid, info.Integer("pid"));
            Assert.Equal("running", info.Text("state"));

            Point cpu = sample.Of("container_cpu");
            Between("usage_ns", cpu, reading => reading.Keyed("cpu.stat", "usage_usec") * 1000);
            Between("user_ns", cpu, reading => reading.Keyed("cpu.stat", "user_usec") * 1000);
            Between("system_ns", cpu, reading => reading.Keyed("cpu.stat", "system_usec") * 1000);
            Between("nr_periods", cpu, reading => reading.Keyed("cpu.stat", "nr_periods"));
            Between("throttled_ns", cpu, reading => reading.Keyed("cpu.stat", "throttled_usec") * 1000);
            Assert.Equal(1.5, cpu.Float("limit_cores"), 0.001);
            Assert.Equal(before.Number("cpu.weight"), cpu.Integer("weight"));

            Point memory = sample.Of("container_memory");
            Between("usage_bytes", memory, reading => reading.Number("memory.current"));
            Between("max_usage_bytes", memory, reading => reading.Number("memory.peak"));
            Between("anon_bytes", memory, reading => reading.Keyed("memory.stat", "anon"));
            Between("file_bytes", memory, reading => reading.Keyed("memory.stat", "file"));
            Between("pgfault", memory, reading => reading.Keyed("memory.stat", "pgfault"));
            Assert.Equal(64 << 20, memory.Integer("limit_bytes"));
            Assert.True(memory.Integer("anon_bytes") >= 20 << 20);

            (string device, string majorMinor) = RootDisk();
            Point disk = sample.Of("container_blkio", "device", device);
            Assert.True(disk.Integer("write_bytes") >= 4 << 20);
            Between("write_bytes", disk, reading => reading.Io(majorMinor, "wbytes"));
            Between("write_ops", disk, reading => reading.Io(majorMinor, "wios"));
            Between("read_bytes", disk, reading => reading.Io(majorMinor, "rbytes"));

            Point processes = sample.Of("container_pids");
            Assert.Equal((50, 1), (processes.Integer("limit"), processes.Integer("current")));

            foreach (string resource in new[] { "cpu", "memory", "io" })
            {
                Point pressure = sample.Of("container_pressure", "resource", resource);
                Between("some_total_us", pressure, reading => reading.PressureTotalUs(resource, "some"));
                Between("full_total_us", pressure, reading => reading.PressureTotalUs(resource, "full"));
            }

            Assert.True(sample.Of("container_pressure", "resource", "cpu").Integer("some_total_us") > 0);

            Point network = sample.Of("container_network", "interface", "eth0");
            Assert.True(network.Integer("tx_bytes") >= Datagrams * (1000 + 8 + 20 + 14));
            foreach (string direction in new[] { "rx", "tx" })
            {
                Between(direction + "_bytes", network, reading => reading.Link("eth0", direction, "bytes"));
                Between(direction + "_packets", network, reading => reading.Link("eth0", direction, "packets"));
            }

            void Between(string field, Point point, Func<CgroupReading, long> kernel)
            {
                long one = kernel(before), other = kernel(after), value = point.Integer(field);
                // Counters only grow; memory may also be given back.
                Assert.True(Math.Min(one, other) <= value && value <= Math.Max(one, other), $"{point.Measurement} {field} is {value}, the kernel had {one} before and {other} after");
            }
        }
        finally
        {
            guest.Run("podman rm -f -t 0 web.front_1-a");
        }
    }

    private (string Name, string MajorMinor) RootDisk()
    {
        string[] words = guest.Run("readlink -f /dev/block/$(mountpoint -d /); mountpoint -d /").Split('\n');
        return (Path.GetFileName(words[0]), words[1]);
    }
}
