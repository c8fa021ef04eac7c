namespace NsCollector.Catalogue;

internal static class ContainerFilesystemFields
{
    private const string Space = "statvfs(3)";

    internal static Measurement Measurement { get; } = new("container_filesystem", SamplePart.Filesystems, "mount_point",
        "filesystem.containers = on; in the first cycle after the figures were read (filesystem.interval), or after a walk",
        "Disk usage of each container: its root file system (the upper directory of an overlay) and its volumes, by their mount points in the container. `fstype` is the type of the file system that holds the data. Containers with the root of the host have no points.",
        [
            new(Reading.DiskUsedBytes, "used_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Space that the container's directory or volume occupies, in bytes, as measured used_age_ns ago. Absent if it is not known (yet).",
                "by used_source: quotactl_fd(2), else statvfs(3) of a directory with a project quota; the quota tree of btrfs; statvfs(3); st_blocks of each file")
            {
                Otlp = new("container.filesystem.usage", "By") { IsUpDown = true },
                Prometheus = [new("container_fs_usage_bytes") { Row = "/", TextLabel = "device" }],
                Cadvisor = ["usage", "base_usage"],
            },
            new(Reading.DiskUsedInodes, "used_inodes", FieldType.Integer, FieldKind.Gauge, "1",
                "Files and directories in it, as counted used_age_ns ago. Absent if the number is not known, for example with a btrfs qgroup.", "as used_bytes")
            {
                Cadvisor = ["inodes"],
            },
            new(Reading.DiskLimitBytes, "limit_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Maximum space that it may occupy, in bytes: the limit of the quota, else the size of its own file system (tmpfs, dataset, device). Absent without a limit.",
                "quotactl_fd(2), the quota tree of btrfs, statvfs(3)"),
            new(Reading.DiskLimitInodes, "limit_inodes", FieldType.Integer, FieldKind.Gauge, "1",
                "Maximum files and directories that it may have, from the same sources. Absent without a limit.", "quotactl_fd(2), statvfs(3)"),
            new(Reading.DiskUsedAgeNs, "used_age_ns", FieldType.Integer, FieldKind.Gauge, "nanoseconds",
                "Age of used_bytes and used_inodes when the container was sampled, in nanoseconds; for a walk, the time since it began.", "computed") { IsAge = true },
            new(Reading.DiskFilesystemSizeBytes, "filesystem_size_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Size of the file system that holds the data, which others may share.", Space)
            {
                Otlp = new("container.filesystem.capacity", "By") { IsUpDown = true },
                Prometheus = [new("container_fs_limit_bytes") { Row = "/", TextLabel = "device" }],
                Cadvisor = ["capacity"],
            },
            new(Reading.DiskFilesystemUsedBytes, "filesystem_used_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Bytes in use in that file system.", Space),
            new(Reading.DiskFilesystemAvailableBytes, "filesystem_available_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Bytes of that file system that users other than root may still use.", Space)
            {
                Otlp = new("container.filesystem.available", "By") { IsUpDown = true },
                Cadvisor = ["available"],
            },
            new(Reading.DiskFilesystemInodes, "filesystem_inodes", FieldType.Integer, FieldKind.Gauge, "1",
                "Files and directories that the file system can have; absent if it has no such limit.", Space)
            {
                Prometheus = [new("container_fs_inodes_total") { Row = "/", TextLabel = "device" }],
            },
            new(Reading.DiskFilesystemUsedInodes, "filesystem_used_inodes", FieldType.Integer, FieldKind.Gauge, "1",
                "Files and directories that the file system has.", Space)
            {
                Prometheus = [new("container_fs_inodes_free") { Help = "Files and directories that the file system with the container's data can still have.", Row = "/", TextLabel = "device", SubtractedFrom = Reading.DiskFilesystemInodes }],
            },
            new("used_source", FieldType.String, FieldKind.Property, "-",
                "How used_bytes was found: `project_quota` (XFS, ext4), `btrfs_qgroup`, `statfs` (the mount is a separate file system: a tmpfs, dataset, device or export), or `walk` (the sum over all files).", "-", "-"),
            new("directory", FieldType.String, FieldKind.Property, "-",
                "The directory on the host; absent if the mount is a separate file system.", "mountinfo", "mountinfo"),
            new("device", FieldType.String, FieldKind.Property, "-",
                "The source of the file system that holds the data, as mountinfo shows it: a device, or another name if it has none.", "mountinfo", "mountinfo"),
        ])
    {
        MoreRowTags = ["fstype"],
    };
}
