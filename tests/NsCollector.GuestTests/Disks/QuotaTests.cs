using System.Globalization;
using NsCollector.GuestTests.Service;
using NsCollector.GuestTests.Values;

namespace NsCollector.GuestTests.Disks;

/// <summary>Quotas of containers' roots by the confined service: projects beside xfs_quota(8), qgroups beside btrfs-qgroup(8).</summary>
[Collection(GuestCollection.Name)]
public sealed class QuotaTests(Guest guest)
{
    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Size_that_podman_sets_is_the_limit_of_the_root()
    {
        using var disk = new GuestDisk(guest, "mkfs.xfs -q", "pquota");
        string podman = $"podman --root {GuestDisk.Path}/storage --runroot /run/nsc-own-disk --tmpdir /run/nsc-own-disk/tmp";
        guest.Run($"tar -C {WorkloadImage.Root(guest)} -cf - . | {podman} import --quiet - {WorkloadImage.Name}");
        try
        {
            guest.Run($"{podman} run -d --name nsc-quota --network none --storage-opt size=20m {WorkloadImage.Name} /bin/sleep 3600");
            string upper = guest.Run($"{podman} inspect -f '{{{{.GraphDriver.Data.UpperDir}}}}' nsc-quota");
            disk.Fill(upper);
            string project = guest.Run($"xfs_io -r -c lsproj {upper} | sed 's/.*= //'");
            using var agent = new InstalledAgent(guest, ContainerDisks.Configuration + $"[discovery]\npodman_roots = {GuestDisk.Path}/storage\n");
            var disks = new ContainerDisks(guest, agent);
            AssertProject(disks.Await("nsc-quota", "/"), disks, upper, "xfs", "xfs_quota", project);
        }
        finally
        {
            guest.Run($"{podman} rm -f -t 0 nsc-quota; umount {GuestDisk.Path}/storage/overlay 2> /dev/null; rm -rf /run/nsc-own-disk; true");
        }
    }

    [GuestFact]
    public void Project_of_an_upper_directory_is_known_without_quotactl() => AssertUpper("");

    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Project_of_an_upper_directory_is_known_with_quotactl() => AssertUpper("SystemCallFilter=quotactl_fd");

    /// <summary>Full qgroups count shared data too. Simple ones (since Linux 6.7) count what each subvolume has written.</summary>
    [GuestFact]
    public void Subvolume_has_the_figures_of_its_qgroup() => AssertQgroup("");

    /// <inheritdoc cref="Subvolume_has_the_figures_of_its_qgroup"/>
    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Subvolume_has_the_figures_of_its_simple_qgroup() => AssertQgroup("--simple");

    private void AssertUpper(string dropIn)
    {
        using var disk = new GuestDisk(guest, "mkfs.ext4 -q -O project,quota -E quotatype=prjquota", "prjquota");
        const string Layer = GuestDisk.Path + "/layer", Upper = Layer + "/upper", Merged = GuestDisk.Path + "/merged", Quota = "xfs_quota -f", Project = "42";
        guest.Run($"mkdir -p {Layer} {Merged} && {Quota} -x -c 'project -s -p {Layer} {Project}' {GuestDisk.Path} > /dev/null && {Quota} -x -c 'limit -p bhard=20m ihard=500 {Project}' {GuestDisk.Path}");
        guest.Run($"mkdir {Upper} {Layer}/work && mount -t overlay overlay -o lowerdir={WorkloadImage.Root(guest)},upperdir={Upper},workdir={Layer}/work {Merged}");
        try
        {
            using var service = new RootedService(guest, "nsc-project", Merged);
            disk.Fill(Upper);
            using UnitDropIn? unit = dropIn.Length > 0 ? new UnitDropIn(guest, dropIn) : null;
            using var agent = new InstalledAgent(guest, ContainerDisks.ConfigurationOf(service));
            var disks = new ContainerDisks(guest, agent);
            Point root = disks.Await(service.Name, "/");
            AssertProject(root, disks, Upper, "ext4", Quota, Project);
            Assert.Equal(500, root.Integer("limit_inodes"));
        }
        finally
        {
            guest.Run($"umount {Merged}");
        }
    }

    private void AssertQgroup(string mode)
    {
        using var disk = new GuestDisk(guest, "mkfs.btrfs -q");
        const string Root = GuestDisk.Path + "/container";
        guest.Run($"btrfs quota enable {mode} {GuestDisk.Path} && btrfs subvolume create {Root} && btrfs qgroup limit 50M {Root}");
        disk.MakeRoot(Root);
        using var service = new RootedService(guest, "nsc-qgroup", Root);
        disk.Fill(Root);
        guest.Run($"btrfs filesystem sync {GuestDisk.Path}");
        using var agent = new InstalledAgent(guest, ContainerDisks.ConfigurationOf(service));
        var disks = new ContainerDisks(guest, agent);
        Point root = disks.Await(service.Name, "/");

        // Qgroupid, Referenced, Exclusive, Max referenced, Path.
        string[] group = guest.Run($"id=$(btrfs inspect-internal rootid {Root}); btrfs qgroup show --raw -r {GuestDisk.Path} | grep \"^0/$id \"").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((long.Parse(group[1], CultureInfo.InvariantCulture), long.Parse(group[3], CultureInfo.InvariantCulture)), (root.Integer("used_bytes"), root.Integer("limit_bytes")));
        Assert.InRange(root.Integer("used_bytes"), 5 << 20, 50 << 20);
        Assert.Equal(("btrfs_qgroup", "btrfs", disk.Device, Root), (root.Text("used_source"), root.Tags["fstype"], root.Text("device"), root.Text("directory")));
        Assert.False(root.Has("used_inodes"));
        disks.AssertFilesystem(root, Root);
        disks.AssertNoErrors();
    }

    private void AssertProject(Point root, ContainerDisks disks, string upper, string type, string quota, string project)
    {
        // Id, used, soft limit, hard limit, in KiB or inodes.
        string[] blocks = Report('b'), inodes = Report('i');
        Assert.Equal(
            (1024 * long.Parse(blocks[1], CultureInfo.InvariantCulture), 1024 * long.Parse(blocks[3], CultureInfo.InvariantCulture)),
            (root.Integer("used_bytes"), root.Integer("limit_bytes")));
        Assert.Equal(20 << 20, root.Integer("limit_bytes"));

        // Without a limit of inodes, statfs(2) does not show them.
        if (root.Has("used_inodes") || inodes[3] != "0") Assert.Equal(long.Parse(inodes[1], CultureInfo.InvariantCulture), root.Integer("used_inodes"));
        Assert.Equal(("project_quota", type, upper), (root.Text("used_source"), root.Tags["fstype"], root.Text("directory")));
        disks.AssertFilesystem(root, GuestDisk.Path);
        disks.AssertNoErrors();

        string[] Report(char what) => guest.Run($"{quota} -x -c 'report -p -{what} -N -n' {GuestDisk.Path} | grep '^#{project} '").Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
