namespace NsCollector.Catalogue;

internal static class HostDiskFields
{
    internal static Measurement Measurement { get; } = new("host_disk", SamplePart.HostDisks, "device",
        "host.enabled = on (the default)",
        "Each disk of the host, named as by the kernel: whole disks, not their partitions; none that has done nothing since the start of the host. The kernel counts times in milliseconds with 32 bits, so they start again at zero after 49.7 days of I/O.",
        [
            new(Reading.HostDiskReadOps, "read_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Read requests completed.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "reads")],
                Node = [new("node_disk_reads_completed_total")],
            },
            new(Reading.HostDiskReadMerged, "read_merged", FieldType.Integer, FieldKind.Counter, "1",
                "Read requests merged into others.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "merged_reads")],
                Node = [new("node_disk_reads_merged_total")],
            },
            new(Reading.HostDiskReadBytes, "read_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes read.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "read_bytes")],
                Node = [new("node_disk_read_bytes_total")],
            },
            new(Reading.HostDiskReadNs, "read_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time of all read requests together, in nanoseconds.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "read_time") { Divisor = 1_000_000 }],
                Node = [new("node_disk_read_time_seconds_total")],
            },
            new(Reading.HostDiskWriteOps, "write_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Write requests completed.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "writes")],
                Node = [new("node_disk_writes_completed_total")],
            },
            new(Reading.HostDiskWriteMerged, "write_merged", FieldType.Integer, FieldKind.Counter, "1",
                "Write requests merged into others.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "merged_writes")],
                Node = [new("node_disk_writes_merged_total")],
            },
            new(Reading.HostDiskWriteBytes, "write_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes written.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "write_bytes")],
                Node = [new("node_disk_written_bytes_total")],
            },
            new(Reading.HostDiskWriteNs, "write_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time of all write requests together, in nanoseconds.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "write_time") { Divisor = 1_000_000 }],
                Node = [new("node_disk_write_time_seconds_total")],
            },
            new(Reading.HostDiskInFlight, "in_flight", FieldType.Integer, FieldKind.Gauge, "1",
                "Requests that the device works on now.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "iops_in_progress")],
                Node = [new("node_disk_io_now")],
            },
            new(Reading.HostDiskIoNs, "io_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time in which the device had requests, in nanoseconds.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "io_time") { Divisor = 1_000_000 }],
                Node = [new("node_disk_io_time_seconds_total")],
            },
            new(Reading.HostDiskWeightedIoNs, "weighted_io_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time in which the device had requests, multiplied by their number, in nanoseconds.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "weighted_io_time") { Divisor = 1_000_000 }],
                Node = [new("node_disk_io_time_weighted_seconds_total")],
            },
            new(Reading.HostDiskDiscardOps, "discard_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Discard requests completed.",
                "/proc/diskstats")
            {
                Node = [new("node_disk_discards_completed_total")],
            },
            new(Reading.HostDiskDiscardMerged, "discard_merged", FieldType.Integer, FieldKind.Counter, "1",
                "Discard requests merged into others.",
                "/proc/diskstats")
            {
                Node = [new("node_disk_discards_merged_total")],
            },
            new(Reading.HostDiskDiscardBytes, "discard_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes discarded.",
                "/proc/diskstats")
            {
                Node = [new("node_disk_discarded_sectors_total") { Divisor = 512 }],
            },
            new(Reading.HostDiskDiscardNs, "discard_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time of all discard requests together, in nanoseconds.",
                "/proc/diskstats")
            {
                Node = [new("node_disk_discard_time_seconds_total")],
            },
            new(Reading.HostDiskFlushOps, "flush_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Flush requests completed.",
                "/proc/diskstats")
            {
                Node = [new("node_disk_flush_requests_total")],
            },
            new(Reading.HostDiskFlushNs, "flush_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time of all flush requests together, in nanoseconds.",
                "/proc/diskstats")
            {
                Node = [new("node_disk_flush_requests_time_seconds_total")],
            },
        ]);
}
