using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerBlkioFields
{
    internal static Measurement Measurement { get; } = new("container_blkio", SamplePart.Devices, "device",
        "cgroup.blkio = on (the default)",
        "Block I/O for each device, named as by the kernel, or major:minor if the kernel has no name for it. If v1 has no _recursive or no throttle files, the nearest available file is read (blkio.bfq.*, blkio.io_*).",
        [
            new(Reading.BlkioReadBytes, "read_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes read.",
                Key("blkio.throttle.io_service_bytes_recursive", "Read"), Key("io.stat", "rbytes")),
            new(Reading.BlkioWriteBytes, "write_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes written.",
                Key("blkio.throttle.io_service_bytes_recursive", "Write"), Key("io.stat", "wbytes")),
            new(Reading.BlkioDiscardBytes, "discard_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes discarded.",
                Key("blkio.throttle.io_service_bytes_recursive", "Discard"), Key("io.stat", "dbytes")),
            new(Reading.BlkioSyncBytes, "sync_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes transferred by synchronous requests.",
                Key("blkio.throttle.io_service_bytes_recursive", "Sync"), "-"),
            new(Reading.BlkioAsyncBytes, "async_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes transferred by asynchronous requests.",
                Key("blkio.throttle.io_service_bytes_recursive", "Async"), "-"),
            new(Reading.BlkioReadOps, "read_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Read requests.",
                Key("blkio.throttle.io_serviced_recursive", "Read"), Key("io.stat", "rios")),
            new(Reading.BlkioWriteOps, "write_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Write requests.",
                Key("blkio.throttle.io_serviced_recursive", "Write"), Key("io.stat", "wios")),
            new(Reading.BlkioDiscardOps, "discard_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Discard requests.",
                Key("blkio.throttle.io_serviced_recursive", "Discard"), Key("io.stat", "dios")),
            new(Reading.BlkioSyncOps, "sync_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Synchronous requests.",
                Key("blkio.throttle.io_serviced_recursive", "Sync"), "-"),
            new(Reading.BlkioAsyncOps, "async_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Asynchronous requests.",
                Key("blkio.throttle.io_serviced_recursive", "Async"), "-"),
            new(Reading.BlkioSectors, "sectors", FieldType.Integer, FieldKind.Counter, "1",
                "Sectors transferred.",
                Key("blkio.sectors", ""), "-"),
            new(Reading.BlkioQueued, "queued", FieldType.Integer, FieldKind.Gauge, "1",
                "Requests queued now.",
                Key("blkio.io_queued", "Total", shown: "blkio.io_queued"), "-"),
        ]);
}
