using System.Globalization;
using NsCollector.GuestTests.Service;

namespace NsCollector.GuestTests.Values;

/// <summary>
/// The disks of containers by the confined service, which sees all file systems read-only, and no device: upper directories and
/// volumes beside du(1), project quotas beside xfs_quota(8).
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class FilesystemTests(Guest guest) : IDisposable
{
    private const string Configuration = "[filesystem]\ncontainers = on\ninterval = 1s\n";
    private const string Name = "nsc-disk", OfExt4 = "nsc-disk-ext4", Disk = "/srv/" + Name;

    public void Dispose() => guest.Run(
        $"docker rm -f {Name} {OfExt4} > /dev/null 2>&1; for disk in {Disk} {Disk}-ext4; do umount $disk 2> /dev/null; rm -rf $disk $disk.image; done; true");

    [GuestFact]
    public void Upper_directory_and_volume_of_a_Docker_container_have_what_du_says()
    {
        Engine docker = Engine.Docker(guest);
        docker.Start("nsc-disk", $"-v {Disk}:/data --tmpfs /ram:size=1m", "sleep 1000");
        string upper = docker.Run("inspect -f '{{.GraphDriver.Data.UpperDir}}' nsc-disk");
        guest.Run($"mkdir -p {upper}/d/e {Disk}/d; for i in $(seq 200); do echo $i > {upper}/d/e/$i; done; ln {upper}/d/e/1 {upper}/d/linked; dd if=/dev/zero of={Disk}/d/file bs=1M count=3 2> /dev/null; sync");
        using var agent = new InstalledAgent(guest, Configuration);
        Point root = Await(agent, point => point.Tags["mount_point"] == "/" && point.Has("used_bytes"));
        Assert.Equal((Du(upper), "walk", upper), (root.Integer("used_bytes"), root.Text("used_source"), root.Text("directory")));
        Point data = Await(agent, point => point.Tags["mount_point"] == "/data" && point.Has("used_bytes"));
        Assert.Equal((Du(Disk), "walk", Disk), (data.Integer("used_bytes"), data.Text("used_source"), data.Text("directory")));
        Point ram = Await(agent, point => point.Tags["mount_point"] == "/ram");
        Assert.Equal(("statfs", 1L << 20), (ram.Text("used_source"), ram.Integer("limit_bytes")));
        Assert.Equal(0L, agent.Points.Last(point => point.Measurement == "nscollector" && !point.Tags.ContainsKey("sink")).Fields["read_errors"]);

        // The lowest priorities for processor (19) and disk (idle).
        Assert.Equal("19 idle", guest.Run("for t in /proc/$(systemctl show -P MainPID nscollector.service)/task/*; do [ \"$(cat $t/comm)\" = disks ] && echo \"$(awk '{ print $19 }' $t/stat) $(ionice -p ${t##*/})\"; done"));
    }

    [GuestFact]
    public void Project_quota_of_a_volume_is_known_with_and_without_quotactl()
    {
        // Both file systems at once, because a start of the agent takes seconds in emulation.
        Quota[] quotas =
        [
            MakeQuota(Name, Disk, "mkfs.xfs -q", "pquota", "xfs_quota"),
            MakeQuota(OfExt4, Disk + "-ext4", "mkfs.ext4 -q -O project,quota -E quotatype=prjquota", "prjquota", "xfs_quota -f"),
        ];
        foreach (string dropIn in (string[])["", "SystemCallFilter=quotactl_fd"])
        {
            using UnitDropIn? unit = dropIn.Length > 0 ? new UnitDropIn(guest, dropIn) : null;
            using var agent = new InstalledAgent(guest, Configuration);
            foreach (Quota quota in quotas)
            {
                Point data = Await(agent, point => point.Tags["mount_point"] == "/data" && point.Has("used_bytes"), quota.Container);
                Assert.Equal(("project_quota", quota.UsedBytes, quota.UsedInodes), (data.Text("used_source"), data.Integer("used_bytes"), data.Integer("used_inodes")));
                Assert.Equal((20L << 20, 500L), (data.Integer("limit_bytes"), data.Integer("limit_inodes")));
                Assert.Equal(guest.Run($"stat -f -c '%b %S' {quota.Disk} | awk '{{ print $1 * $2 }}'"), data.Integer("filesystem_size_bytes").ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    [GuestFact]
    public void Age_of_a_walk_grows_until_the_next_one()
    {
        const int Interval = 5;
        Engine.Docker(guest).Start("nsc-disk", "", "sleep 1000");

        // Line protocol has the figures once after each walk; the page has the last ones in each cycle.
        using var agent = new InstalledAgent(guest, $"[filesystem]\ncontainers = on\ninterval = {Interval}s\n[http]\nlisten = 127.0.0.1:9469\n");
        List<double> ages = [];
        Guest.Await(
            () =>
            {
                string age = guest.Run("curl -s http://127.0.0.1:9469/metrics | sed -n 's#^container_filesystem_used_age_seconds{.*name=\"nsc-disk\".*mount_point=\"/\"[^}]*} ##p'");
                if (age.Length > 0) ages.Add(double.Parse(age, CultureInfo.InvariantCulture));
                return ages.Count > 1 && ages[^1] < ages[^2] - 1;
            },
            "a second walk", () => string.Join(' ', ages));

        // Directories are walked once in the interval, and each cycle takes a second.
        Assert.InRange(ages.Max(), Interval / 2.0, 2.0 * Interval);
        Assert.Equal(ages[..^1].Order(), ages[..^1]);
    }

    /// <summary>Makes a file system with a project quota on the volume of a new container, and fills the volume.</summary>
    private Quota MakeQuota(string container, string disk, string make, string option, string quota)
    {
        string volume = disk + "/volume";
        guest.Run($"truncate -s 400M {disk}.image && {make} {disk}.image && mkdir -p {disk} && mount -o loop,{option} {disk}.image {disk} && mkdir {volume}");
        guest.Run($"{quota} -x -c 'project -s -p {volume} 42' {disk} > /dev/null && {quota} -x -c 'limit -p bhard=20m ihard=500 42' {disk}");
        Engine.Docker(guest).Start(container, $"-v {volume}:/data", "sleep 1000");
        guest.Run($"for i in $(seq 50); do echo $i > {volume}/$i; done; dd if=/dev/zero of={volume}/file bs=1M count=5 2> /dev/null; sync -f {disk}");
        return new Quota(container, disk, 1024 * Of('b'), Of('i'));

        long Of(char what) => long.Parse(guest.Run($"{quota} -x -c 'quota -p -{what} -N -n 42' {disk} | awk '{{ print $2 }}'"), CultureInfo.InvariantCulture);
    }

    private Point Await(InstalledAgent agent, Func<Point, bool> isWanted, string container = Name)
    {
        Point? found = null;
        Guest.Await(() => (found = agent.Points.FirstOrDefault(point => point.Measurement == "container_filesystem" && point.Container == container && isWanted(point))) is not null, $"a disk of {container}", () => agent.Log);
        return found!;
    }

    private long Du(string directory) => long.Parse(guest.Run($"du -sx --block-size=1 {directory} | cut -f1"), CultureInfo.InvariantCulture);

    private sealed record Quota(string Container, string Disk, long UsedBytes, long UsedInodes);
}
