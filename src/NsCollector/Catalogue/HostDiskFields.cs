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
            },
            new(Reading.HostDiskReadMerged, "read_merged", FieldType.Integer, FieldKind.Counter, "1",
                "Read requests merged into others.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "merged_reads")],
            },
            new(Reading.HostDiskReadBytes, "read_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes read.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "read_bytes")],
            },
            new(Reading.HostDiskReadNs, "read_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time of all read requests together, in nanoseconds.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "read_time") { Divisor = 1_000_000 }],
            },
            new(Reading.HostDiskWriteOps, "write_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Write requests completed.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "writes")],
            },
            new(Reading.HostDiskWriteMerged, "write_merged", FieldType.Integer, FieldKind.Counter, "1",
                "Write requests merged into others.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "merged_writes")],
            },
            new(Reading.HostDiskWriteBytes, "write_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes written.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "write_bytes")],
            },
            new(Reading.HostDiskWriteNs, "write_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time of all write requests together, in nanoseconds.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "write_time") { Divisor = 1_000_000 }],
            },
            new(Reading.HostDiskInFlight, "in_flight", FieldType.Integer, FieldKind.Gauge, "1",
                "Requests that the device works on now.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "iops_in_progress")],
            },
            new(Reading.HostDiskIoNs, "io_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time in which the device had requests, in nanoseconds.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "io_time") { Divisor = 1_000_000 }],
            },
            new(Reading.HostDiskWeightedIoNs, "weighted_io_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time in which the device had requests, multiplied by their number, in nanoseconds.",
                "/proc/diskstats")
            {
                Telegraf = [new("diskio", "weighted_io_time") { Divisor = 1_000_000 }],
            },
            new(Reading.HostDiskDiscardOps, "discard_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Discard requests completed.",
                "/proc/diskstats"),
            new(Reading.HostDiskDiscardMerged, "discard_merged", FieldType.Integer, FieldKind.Counter, "1",
                "Discard requests merged into others.",
                "/proc/diskstats"),
            new(Reading.HostDiskDiscardBytes, "discard_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes discarded.",
                "/proc/diskstats"),
            new(Reading.HostDiskDiscardNs, "discard_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time of all discard requests together, in nanoseconds.",
                "/proc/diskstats"),
            new(Reading.HostDiskFlushOps, "flush_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Flush requests completed.",
                "/proc/diskstats"),
            new(Reading.HostDiskFlushNs, "flush_ns", FieldType.Integer, FieldKind.Counter, "nanoseconds",
                "Time of all flush requests together, in nanoseconds.",
                "/proc/diskstats"),
        ]);
}
