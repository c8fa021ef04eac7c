using System.Collections.Immutable;

namespace NsCollector.Catalogue;

internal static class HostFilesystemFields
{
    private static readonly ImmutableArray<string> NodeLabels = ["mountpoint", "device", "fstype"];

    private const string Source = "statvfs(3) below /proc/1/root";

    internal static Measurement Measurement { get; } = new("host_filesystem", SamplePart.HostFilesystems, "mount_point",
        "host.filesystems = on (the default)",
        "Each file system of the host once, at the mount that shows all of it, else at the first, in the mount namespace of process 1: those on devices, of the network and in memory (tmpfs), without those of host.exclude_mount_points. One that does not answer within 3 s is left out until it does.",
        [
            new(Reading.HostFilesystemSizeBytes, "size_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Size of the file system.", Source)
            {
                Telegraf = [new("disk", "total")],
                Prometheus = [new("container_fs_limit_bytes") { IsOfRoot = true, IsAdditional = true }],
                Node = [new("node_filesystem_size_bytes") { RowLabels = NodeLabels }],
            },
            new(Reading.HostFilesystemUsedBytes, "used_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Bytes in use.", Source)
            {
                Telegraf = [new("disk", "used")],
                Prometheus = [new("container_fs_usage_bytes") { IsOfRoot = true, IsAdditional = true }],
                Node = [new("node_filesystem_free_bytes") { RowLabels = NodeLabels, SubtractedFrom = Reading.HostFilesystemSizeBytes }],
            },
            new(Reading.HostFilesystemAvailableBytes, "available_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Bytes that users other than root may still use.", Source)
            {
                Telegraf = [new("disk", "free")],
                Node = [new("node_filesystem_avail_bytes") { RowLabels = NodeLabels }],
            },
            new(Reading.HostFilesystemInodes, "inodes", FieldType.Integer, FieldKind.Gauge, "1",
                "Files and directories that it can have; absent if it has no such limit.", Source)
            {
                Telegraf = [new("disk", "inodes_total")],
                Prometheus = [new("container_fs_inodes_total") { IsOfRoot = true, IsAdditional = true }],
                Node = [new("node_filesystem_files") { RowLabels = NodeLabels }],
            },
            new(Reading.HostFilesystemUsedInodes, "used_inodes", FieldType.Integer, FieldKind.Gauge, "1",
                "Files and directories that it has.", Source)
            {
                Telegraf = [new("disk", "inodes_used")],
                Prometheus = [new("container_fs_inodes_free") { IsOfRoot = true, IsAdditional = true, SubtractedFrom = Reading.HostFilesystemInodes }],
                Node = [new("node_filesystem_files_free") { RowLabels = NodeLabels, SubtractedFrom = Reading.HostFilesystemInodes }],
            },
            new(Reading.HostFilesystemReadOnly, "read_only", FieldType.Boolean, FieldKind.Gauge, "-",
                "Whether the mount or the file system is read-only.", Source)
            {
                Node = [new("node_filesystem_readonly") { RowLabels = NodeLabels }],
            },
        ])
    {
        MoreRowTags = ["device", "fstype"],
    };
}
