using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

/// <summary>struct statx (include/uapi/linux/stat.h): the members that the agent reads. Unlike struct stat, it is the same on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    [FieldOffset(0)] internal uint Mask;
    [FieldOffset(8)] internal ulong Attributes;
    [FieldOffset(16)] internal uint Links;
    [FieldOffset(20)] internal uint User;
    [FieldOffset(24)] internal uint Group;
    [FieldOffset(28)] internal ushort Mode;
    [FieldOffset(32)] internal ulong Inode;
    [FieldOffset(40)] internal long Size;
    [FieldOffset(48)] internal ulong Blocks;
    [FieldOffset(80)] internal long BirthSeconds;
    [FieldOffset(96)] internal long ChangedSeconds;
    [FieldOffset(104)] internal uint ChangedNanoseconds;
    [FieldOffset(112)] internal long ModifiedSeconds;
    [FieldOffset(120)] internal uint ModifiedNanoseconds;
    [FieldOffset(136)] internal uint DeviceMajor;
    [FieldOffset(140)] internal uint DeviceMinor;

    internal readonly bool IsRegularFile => (Mode & 0xF000) == 0x8000;

    internal readonly bool IsDirectory => (Mode & 0xF000) == 0x4000;

    internal readonly bool IsSocket => (Mode & 0xF000) == 0xC000;

    /// <summary>Whether it is a symbolic link.</summary>
    internal readonly bool IsSymbolicLink => (Mode & 0xF000) == 0xA000;

    internal readonly bool IsCharacterDevice => (Mode & 0xF000) == 0x2000;

    /// <summary>Whether something is mounted there (STATX_ATTR_MOUNT_ROOT, since Linux 5.8).</summary>
    internal readonly bool IsMountRoot => (Attributes & 0x2000) != 0;

    /// <summary>The space that it occupies, in bytes: st_blocks is in units of 512 bytes on every file system (stat(3type)).</summary>
    internal readonly ulong OccupiedBytes => Blocks * 512;

    /// <summary>The device as in st_dev of struct stat (glibc's makedev, sys/sysmacros.h).</summary>
    internal readonly ulong Device =>
        ((ulong)(DeviceMajor & 0xFFFFF000) << 32) | ((DeviceMajor & 0xFFF) << 8) | ((ulong)(DeviceMinor & 0xFFFFFF00) << 12) | (DeviceMinor & 0xFF);

    internal readonly bool HasBirth => (Mask & Libc.STATX_BTIME) != 0 && BirthSeconds > 0;

    internal readonly bool IsSameDevice(in FileStatus other) => DeviceMajor == other.DeviceMajor && DeviceMinor == other.DeviceMinor;

    internal readonly bool IsSameFile(in FileStatus other) =>
        Inode == other.Inode && IsSameDevice(other);
}
