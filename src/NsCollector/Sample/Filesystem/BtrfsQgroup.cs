using System.Buffers.Binary;
using NsCollector.Catalogue;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Filesystem;

/// <summary>
/// The qgroup 0/ID of a btrfs subvolume: referenced bytes and limit. They are read from the quota tree, as btrfs-progs does, which
/// needs CAP_SYS_ADMIN.
/// </summary>
internal static class BtrfsQgroup
{
    // include/uapi/linux/btrfs_tree.h.
    private const ulong QuotaTree = 8, FirstFreeObject = 256;
    private const uint QgroupStatusKey = 240, QgroupInfoKey = 242, QgroupLimitKey = 244;

    // BTRFS_QGROUP_STATUS_FLAG_ON and _INCONSISTENT; BTRFS_QGROUP_LIMIT_MAX_RFER.
    private const ulong IsOn = 1, IsInconsistent = 4, HasReferredLimit = 1;

    // struct btrfs_ioctl_search_args: the key has 13 words of 8 bytes, the items follow, each after a header of 32 bytes.
    private const int KeyBytes = 104, HeaderBytes = 32;

    /// <summary>Reads usage and limit.</summary>
    /// <param name="directory">The top of a subvolume; not opened with O_PATH.</param>
    /// <param name="inode">Its inode.</param>
    /// <param name="figures">Receives usage and limit.</param>
    /// <param name="nowNs">The monotonic clock.</param>
    internal static void Read(int directory, ulong inode, DiskFigures figures, long nowNs)
    {
        // The root directory of each subvolume has this inode. Other directories have no qgroup.
        if (inode != FirstFreeObject) return;
        Span<byte> argument = stackalloc byte[Libc.BtrfsArgumentBytes];
        argument.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(argument[8..], FirstFreeObject);
        if (Libc.BtrfsInodeLookup(directory, argument) < 0) return;
        ulong subvolume = BinaryPrimitives.ReadUInt64LittleEndian(argument);

        // struct btrfs_qgroup_status_item: version, generation, flags, rescan. Inconsistent figures are out of date.
        if (!Find(directory, QgroupStatusKey, 0, argument, out ReadOnlySpan<byte> item) || item.Length < 24) return;
        ulong flags = BinaryPrimitives.ReadUInt64LittleEndian(item[16..]);
        if ((flags & (IsOn | IsInconsistent)) != IsOn) return;

        // struct btrfs_qgroup_info_item: generation, rfer, …
        if (!Find(directory, QgroupInfoKey, subvolume, argument, out item) || item.Length < 16) return;
        figures.SetUsed(BinaryPrimitives.ReadUInt64LittleEndian(item[8..]), null, "btrfs_qgroup"u8, nowNs);

        // struct btrfs_qgroup_limit_item: flags, max_rfer, …
        if (Find(directory, QgroupLimitKey, subvolume, argument, out item) && item.Length >= 16
            && (BinaryPrimitives.ReadUInt64LittleEndian(item) & HasReferredLimit) != 0)
        {
            figures.Readings.SetUnsigned(Reading.DiskLimitBytes, BinaryPrimitives.ReadUInt64LittleEndian(item[8..]));
        }
    }

    private static bool Find(int directory, uint type, ulong offset, Span<byte> argument, out ReadOnlySpan<byte> item)
    {
        item = default;
        argument.Clear();

        // struct btrfs_ioctl_search_key: tree_id, min_objectid, max_objectid, min_offset, max_offset, min_transid, max_transid, min_type, max_type, nr_items.
        BinaryPrimitives.WriteUInt64LittleEndian(argument, QuotaTree);
        BinaryPrimitives.WriteUInt64LittleEndian(argument[24..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(argument[32..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(argument[48..], ulong.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(argument[56..], type);
        BinaryPrimitives.WriteUInt32LittleEndian(argument[60..], type);
        BinaryPrimitives.WriteUInt32LittleEndian(argument[64..], 1);
        if (Libc.BtrfsTreeSearch(directory, argument) < 0 || BinaryPrimitives.ReadUInt32LittleEndian(argument[64..]) == 0) return false;

        // struct btrfs_ioctl_search_header: transid, objectid, offset, type, len.
        ReadOnlySpan<byte> header = argument[KeyBytes..];
        uint found = BinaryPrimitives.ReadUInt32LittleEndian(header[24..]), length = BinaryPrimitives.ReadUInt32LittleEndian(header[28..]);
        if (found != type || BinaryPrimitives.ReadUInt64LittleEndian(header[16..]) != offset || length > argument.Length - KeyBytes - HeaderBytes) return false;
        item = header.Slice(HeaderBytes, (int)length);
        return true;
    }
}
