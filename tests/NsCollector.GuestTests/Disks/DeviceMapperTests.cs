namespace NsCollector.GuestTests.Disks;

/// <summary>Containers whose root lies on a device of the device mapper, beside statfs(2) and du(1).</summary>
[Collection(GuestCollection.Name)]
public sealed class DeviceMapperTests(Guest guest)
{
    [GuestFact]
    public void Root_and_directory_on_a_mapped_device_have_what_statfs_and_du_say()
    {
        using var disk = new GuestDisk(guest, "mkfs.ext4 -q", isMapped: true);
        disk.MakeRoot(GuestDisk.Path);

        // Docker's and containerd's drivers for the device mapper have the root in a directory of the device.
        string directory = disk.MakeRoot(GuestDisk.Path + "/rootfs");
        using var whole = new RootedService(guest, "nsc-dm-whole", GuestDisk.Path);
        using var below = new RootedService(guest, "nsc-dm-below", directory);
        disk.Fill(directory);
        using var agent = new InstalledAgent(guest, ContainerDisks.ConfigurationOf(whole, below));
        var disks = new ContainerDisks(guest, agent);

        Point root = disks.Await(whole.Name, "/");
        Assert.Equal(("statfs", "ext4", disk.Device), (root.Text("used_source"), root.Tags["fstype"], root.Text("device")));
        Assert.False(root.Has("directory"));
        disks.AssertFilesystem(root, GuestDisk.Path);
        Assert.Equal(
            (root.Integer("filesystem_used_bytes"), root.Integer("filesystem_size_bytes"), root.Integer("filesystem_used_inodes"), root.Integer("filesystem_inodes")),
            (root.Integer("used_bytes"), root.Integer("limit_bytes"), root.Integer("used_inodes"), root.Integer("limit_inodes")));

        Point walked = disks.Await(below.Name, "/");
        Assert.Equal(("walk", "ext4", disk.Device, directory), (walked.Text("used_source"), walked.Tags["fstype"], walked.Text("device"), walked.Text("directory")));
        Assert.Equal((disks.Du(directory), disks.Inodes(directory)), (walked.Integer("used_bytes"), walked.Integer("used_inodes")));
        Assert.False(walked.Has("limit_bytes"));
        disks.AssertFilesystem(walked, GuestDisk.Path);
        disks.AssertNoErrors();
    }
}
