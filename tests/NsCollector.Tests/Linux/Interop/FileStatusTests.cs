using Mono.Unix.Native;
using NsCollector.Linux.Interop;

namespace NsCollector.Tests.Linux.Interop;

/// <summary>Compared with the results of Mono.Posix for the same files.</summary>
public class FileStatusTests
{
    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/proc/self/status")]
    [InlineData("/")]
    [InlineData("/proc/self/exe")]
    public void Stat_follows_links_and_agrees_on_device_inode_and_kind(string path)
    {
        Assert.Equal(0, Syscall.stat(path, out Stat expected));
        Assert.Equal(0, Libc.Stat(path, out FileStatus status));

        Assert.Equal((expected.st_dev, expected.st_ino), (status.Device, status.Inode));
        FilePermissions kind = expected.st_mode & FilePermissions.S_IFMT;
        Assert.Equal(
            (kind == FilePermissions.S_IFREG, kind == FilePermissions.S_IFDIR, kind == FilePermissions.S_IFCHR),
            (status.IsRegularFile, status.IsDirectory, status.IsCharacterDevice));
    }

    [Theory]
    [InlineData(8u, 1u, 0x801ul)]
    [InlineData(0xABCDEu, 0x12345678u, 0xAB123456CDE78ul)]
    public void Device_has_the_bits_of_makedev(uint major, uint minor, ulong device) =>
        Assert.Equal(device, new FileStatus { DeviceMajor = major, DeviceMinor = minor }.Device);

    [Fact]
    public void Stat_missing_path_is_ENOENT() => Assert.Equal(-NsCollector.Linux.Interop.Errno.ENOENT, Libc.Stat("/nothing/there", out _));

    [Fact]
    public void Statvfs_agrees_on_free_space()
    {
        Assert.Equal(0, Syscall.statvfs("/proc", out Statvfs expected));
        Assert.Equal(0, Libc.Statvfs("/proc", out ulong free));
        Assert.Equal(expected.f_bavail * expected.f_frsize, free);
        Assert.Equal(0, Libc.Statvfs("/", out free));
        Assert.True(free > 0);
    }
}
