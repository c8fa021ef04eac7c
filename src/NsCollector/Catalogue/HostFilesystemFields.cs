namespace NsCollector.Catalogue;

internal static class HostFilesystemFields
{
    private const string Source = "statvfs(3) below /proc/1/root";

    internal static Measurement Measurement { get; } = new("host_filesystem", SamplePart.HostFilesystems, "mount_point",
        "host.filesystems = on (the default)",
        "Each file system of the host once, at the mount that shows all of it, else at the first, in the mount namespace of process 1: those on devices, of the network and in memory (tmpfs), without those of host.exclude_mount_points. One that does not answer within 3 s is left out until it does.",
        [
            new(Reading.HostFilesystemSizeBytes, "size_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Size of the file system.", Source)
            {
                Telegraf = [new("disk", "total")],
            },
            new(Reading.HostFilesystemUsedBytes, "used_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Bytes in use.", Source)
            {
                Telegraf = [new("disk", "used")],
            },
            new(Reading.HostFilesystemAvailableBytes, "available_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Bytes that users other than root may still use.", Source)
            {
                Telegraf = [new("disk", "free")],
            },
            new(Reading.HostFilesystemInodes, "inodes", FieldType.Integer, FieldKind.Gauge, "1",
                "Files and directories that it can have; absent if it has no such limit.", Source)
            {
                Telegraf = [new("disk", "inodes_total")],
            },
            new(Reading.HostFilesystemUsedInodes, "used_inodes", FieldType.Integer, FieldKind.Gauge, "1",
                "Files and directories that it has.", Source)
            {
                Telegraf = [new("disk", "inodes_used")],
            },
            new(Reading.HostFilesystemReadOnly, "read_only", FieldType.Boolean, FieldKind.Gauge, "-",
                "Whether the mount or the file system is read-only.", Source),
        ])
    {
        MoreRowTags = ["device", "fstype"],
    };
}
