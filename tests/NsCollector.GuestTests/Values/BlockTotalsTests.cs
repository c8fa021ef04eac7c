namespace NsCollector.GuestTests.Values;

/// <summary>
/// Totals of block I/O through stacked devices on pure cgroup v2. The disks are loop devices on the guest's disk, so each byte passes
/// two devices more than the test stacks.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class BlockTotalsTests(Guest guest) : IDisposable
{
    private const long Mib = 1 << 20;
    private const string Directory = "/var/tmp/block-totals", Crypt = "totals-crypt", Linear = "totals-linear", Stripe = "totals-stripe", Service = "totals";

    public void Dispose()
    {
        if (Guest.SshConfig is not null)
        {
            guest.Run($"""
                systemctl stop {Service}-a.service {Service}-b.service 2> /dev/null
                for name in {Crypt} {Linear} {Stripe}; do ! dmsetup info $name > /dev/null 2>&1 || dmsetup remove --retry $name; done
                for file in {Directory}/disk*; do losetup -j $file | cut -d: -f1 | xargs -r losetup -d; done
                rm -rf {Directory}
                """);
        }
    }

    [GuestFact]
    public void Final_totals_count_bytes_through_dm_crypt_on_lvm_like_layers_once()
    {
        string disk = Disk("disk1");
        guest.Run($"""
            dmsetup create {Linear} --table '0 131072 linear {disk} 2048'
            dmsetup create {Crypt} --uuid CRYPT-PLAIN-{Crypt} --table '0 131072 crypt aes-xts-plain64 {new string('0', 128)} 0 /dev/mapper/{Linear} 0'
            """);
        using InstalledAgent agent = Start();
        AssertTotals(agent, "a", through: $"/dev/mapper/{Crypt}", throughMib: 12, beside: disk, besideMib: 0, devices: 4);
        AssertTotals(agent, "b", through: $"/dev/mapper/{Crypt}", throughMib: 7, beside: disk, besideMib: 5, devices: 4);
    }

    [GuestFact]
    public void Final_totals_count_a_disk_used_directly_and_through_dm_crypt()
    {
        string disk = Disk("disk1");
        guest.Run($"dmsetup create {Crypt} --uuid CRYPT-PLAIN-{Crypt} --table '0 65536 crypt aes-xts-plain64 {new string('0', 128)} 0 {disk} 0'");
        using InstalledAgent agent = Start();
        AssertTotals(agent, "a", through: $"/dev/mapper/{Crypt}", throughMib: 9, beside: disk, besideMib: 4, devices: 3);
        AssertTotals(agent, "b", through: $"/dev/mapper/{Crypt}", throughMib: 3, beside: disk, besideMib: 8, devices: 3);
    }

    [GuestFact]
    public void Final_totals_count_bytes_through_stripes_once()
    {
        string one = Disk("disk1"), two = Disk("disk2");
        guest.Run($"dmsetup create {Stripe} --table '0 131072 striped 2 128 {one} 0 {two} 0'");
        using InstalledAgent agent = Start();
        AssertTotals(agent, "a", through: $"/dev/mapper/{Stripe}", throughMib: 10, beside: two, besideMib: 3, devices: 4);
    }

    private string Disk(string file) =>
        guest.Run($"mkdir -p {Directory}; dd if=/dev/urandom of={Directory}/{file} bs=1M count=80 conv=fsync status=none; losetup --direct-io=on --find --show {Directory}/{file}");

    private InstalledAgent Start() => new(guest, "[discovery]\nsystemd_services = on\n");

    /// <summary>Reads and writes in a service, and checks its exit.</summary>
    private void AssertTotals(InstalledAgent agent, string suffix, string through, int throughMib, string beside, int besideMib, int devices)
    {
        string name = $"{Service}-{suffix}";
        guest.Run($"""
            systemd-run --quiet --collect --unit {name} -p IOAccounting=yes /bin/sh -c '
                dd if={through} of=/dev/null bs=1M count={throughMib} iflag=direct
                dd if=/dev/zero of={through} bs=1M count={throughMib} oflag=direct
                dd if={beside} of=/dev/null bs=1M skip=60 count={besideMib} iflag=direct
                dd if=/dev/zero of={beside} bs=1M seek=60 count={besideMib} oflag=direct conv=notrunc
                exec sleep 3600'
            """);
        string cgroup = guest.Run($"systemctl show -P ControlGroup {name}.service");
        Guest.Await(() => guest.Try("pgrep -f '^sleep 3600'").Status == 0, "all is read and written");

        // Two cycles in which it does nothing: what was still on its way is counted below by then.
        Sample sample = agent.AwaitSample(cgroup, agent.AwaitSample(cgroup, guest.NowNs).TimestampNs);
        long[] written = [.. sample.Points.Where(point => point.Measurement == "container_blkio").Select(point => point.Integer("write_bytes"))];
        Assert.Equal(guest.Integer($"grep -o 'wbytes=[0-9]*' /sys/fs/cgroup{cgroup}/io.stat | awk -F= '{{ sum += $2 }} END {{ printf \"%d\", sum }}'"), written.Sum());
        Assert.Equal(devices, written.Count(bytes => bytes > 0));
        guest.Run($"systemctl stop {name}.service");

        Point exit = ContainerExit.Await(agent, "systemd", $"{name}.service", cgroup);
        long expected = (throughMib + besideMib) * Mib;

        // The programs themselves, and blocks of the file system, are read from the guest's disk.
        Assert.InRange(exit.Integer("read_bytes"), expected, expected + (4 * Mib));
        Assert.InRange(exit.Integer("write_bytes"), expected, expected + Mib);
    }
}
