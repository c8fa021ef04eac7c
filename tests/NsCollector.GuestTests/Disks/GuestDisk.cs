namespace NsCollector.GuestTests.Disks;

/// <summary>
/// A file system of its own in the guest, on a loop device, or on a device-mapper target over one. Disposing unmounts and removes it.
/// </summary>
internal sealed class GuestDisk : IDisposable
{
    /// <summary>Where it is mounted.</summary>
    public const string Path = "/srv/nsc-own-disk";

    private const string Image = Path + ".image", Mapped = "nsc-own-disk";

    private readonly Guest _guest;

    /// <param name="guest">The guest.</param>
    /// <param name="make">The program that makes the file system, with its options.</param>
    /// <param name="options">Options of mount(8).</param>
    /// <param name="isMapped">Whether a linear target of the device mapper lies between file system and loop device.</param>
    public GuestDisk(Guest guest, string make, string options = "defaults", bool isMapped = false)
    {
        _guest = guest;
        try
        {
            Device = guest.Run($"mkdir -p {Path} && truncate -s 400M {Image} && losetup --find --show {Image}");
            if (isMapped)
            {
                guest.Run($"dmsetup create {Mapped} --table \"0 $(blockdev --getsz {Device}) linear {Device} 0\"");
                Device = "/dev/mapper/" + Mapped;
            }

            guest.Run($"{make} {Device} && mount -o {options} {Device} {Path}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its device, as mountinfo shows it.</summary>
    public string Device { get; private set; } = "";

    /// <summary>Lays out a directory that can be the root of a service.</summary>
    public string MakeRoot(string directory)
    {
        _guest.Run($"mkdir -p {directory}/bin && cp /bin/busybox {directory}/bin/busybox && ln -s busybox {directory}/bin/sleep");
        return directory;
    }

    /// <summary>Writes 50 small files and one of 5 MiB, and waits until the file system has them.</summary>
    public void Fill(string directory) =>
        _guest.Run($"for i in $(seq 50); do echo $i > {directory}/$i; done; dd if=/dev/urandom of={directory}/file bs=1M count=5 conv=fsync 2> /dev/null; sync -f {Path}");

    public void Dispose() => _guest.Run($"umount {Path} 2> /dev/null; [ ! -e /dev/mapper/{Mapped} ] || dmsetup remove --retry {Mapped}; losetup -j {Image} | cut -d: -f1 | xargs -r losetup -d; rm -rf {Path} {Image}");
}
