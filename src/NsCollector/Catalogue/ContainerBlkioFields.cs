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
                Key("blkio.throttle.io_service_bytes_recursive", "Read"), Key("io.stat", "rbytes"))
            {
                Telegraf = [new("docker_container_blkio", "io_service_bytes_recursive_read")],
                Otlp = new("container.disk.io", "By") { Attributes = [new("disk.io.direction", "read")] },
                Prometheus =
                [
                    new("container_fs_reads_bytes_total") { IsDevice = true },
                    new("container_blkio_device_usage_total") { Help = "Bytes transferred by the container, by device and operation.", Label = "operation=\"Read\"", IsDevice = true, HasDeviceNumbers = true },
                ],
                Cadvisor = ["io_service_bytes.Read"],
            },
            new(Reading.BlkioWriteBytes, "write_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes written.",
                Key("blkio.throttle.io_service_bytes_recursive", "Write"), Key("io.stat", "wbytes"))
            {
                Telegraf = [new("docker_container_blkio", "io_service_bytes_recursive_write")],
                Otlp = new("container.disk.io", "By") { Attributes = [new("disk.io.direction", "write")] },
                Prometheus =
                [
                    new("container_fs_writes_bytes_total") { IsDevice = true },
                    new("container_blkio_device_usage_total") { Help = "Bytes transferred by the container, by device and operation.", Label = "operation=\"Write\"", IsDevice = true, HasDeviceNumbers = true },
                ],
                Cadvisor = ["io_service_bytes.Write"],
            },
            new(Reading.BlkioDiscardBytes, "discard_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes discarded.",
                Key("blkio.throttle.io_service_bytes_recursive", "Discard"), Key("io.stat", "dbytes"))
            {
                Telegraf = [new("docker_container_blkio", "io_service_bytes_recursive_discard")],
                Prometheus = [new("container_blkio_device_usage_total") { Help = "Bytes transferred by the container, by device and operation.", Label = "operation=\"Discard\"", IsDevice = true, HasDeviceNumbers = true }],
                Cadvisor = ["io_service_bytes.Discard"],
            },
            new(Reading.BlkioSyncBytes, "sync_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes transferred by synchronous requests.",
                Key("blkio.throttle.io_service_bytes_recursive", "Sync"), "-")
            {
                Telegraf = [new("docker_container_blkio", "io_service_bytes_recursive_sync")],
                Prometheus = [new("container_blkio_device_usage_total") { Help = "Bytes transferred by the container, by device and operation.", Label = "operation=\"Sync\"", IsDevice = true, HasDeviceNumbers = true }],
                Cadvisor = ["io_service_bytes.Sync"],
            },
            new(Reading.BlkioAsyncBytes, "async_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes transferred by asynchronous requests.",
                Key("blkio.throttle.io_service_bytes_recursive", "Async"), "-")
            {
                Telegraf = [new("docker_container_blkio", "io_service_bytes_recursive_async")],
                Prometheus = [new("container_blkio_device_usage_total") { Help = "Bytes transferred by the container, by device and operation.", Label = "operation=\"Async\"", IsDevice = true, HasDeviceNumbers = true }],
                Cadvisor = ["io_service_bytes.Async"],
            },
            new(Reading.BlkioReadOps, "read_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Read requests.",
                Key("blkio.throttle.io_serviced_recursive", "Read"), Key("io.stat", "rios"))
            {
                Telegraf = [new("docker_container_blkio", "io_serviced_recursive_read")],
                Prometheus = [new("container_fs_reads_total") { IsDevice = true }],
                Cadvisor = ["io_serviced.Read"],
            },
            new(Reading.BlkioWriteOps, "write_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Write requests.",
                Key("blkio.throttle.io_serviced_recursive", "Write"), Key("io.stat", "wios"))
            {
                Telegraf = [new("docker_container_blkio", "io_serviced_recursive_write")],
                Prometheus = [new("container_fs_writes_total") { IsDevice = true }],
                Cadvisor = ["io_serviced.Write"],
            },
            new(Reading.BlkioDiscardOps, "discard_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Discard requests.",
                Key("blkio.throttle.io_serviced_recursive", "Discard"), Key("io.stat", "dios"))
            {
                Telegraf = [new("docker_container_blkio", "io_serviced_recursive_discard")],
                Cadvisor = ["io_serviced.Discard"],
            },
            new(Reading.BlkioSyncOps, "sync_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Synchronous requests.",
                Key("blkio.throttle.io_serviced_recursive", "Sync"), "-")
            {
                Telegraf = [new("docker_container_blkio", "io_serviced_recursive_sync")],
                Cadvisor = ["io_serviced.Sync"],
            },
            new(Reading.BlkioAsyncOps, "async_ops", FieldType.Integer, FieldKind.Counter, "1",
                "Asynchronous requests.",
                Key("blkio.throttle.io_serviced_recursive", "Async"), "-")
            {
                Telegraf = [new("docker_container_blkio", "io_serviced_recursive_async")],
                Cadvisor = ["io_serviced.Async"],
            },
            new(Reading.BlkioSectors, "sectors", FieldType.Integer, FieldKind.Counter, "1",
                "Sectors transferred.",
                Key("blkio.sectors", ""), "-"),
            new(Reading.BlkioQueued, "queued", FieldType.Integer, FieldKind.Gauge, "1",
                "Requests queued now.",
                Key("blkio.io_queued", "Total", shown: "blkio.io_queued"), "-"),
            new(Reading.BlkioCostUsageUs, "cost_usage_us", FieldType.Integer, FieldKind.Counter, "microseconds",
                "Device time that the cost model has charged, in microseconds. This field and the next three are absent unless io.cost.qos enables the model for the device and the kernel reports them.",
                "-", Key("io.stat", "cost.usage")),
            new(Reading.BlkioCostWaitUs, "cost_wait_us", FieldType.Integer, FieldKind.Counter, "microseconds",
                "Time that requests waited for their share of the device, in microseconds.",
                "-", Key("io.stat", "cost.wait")),
            new(Reading.BlkioCostIndebtUs, "cost_indebt_us", FieldType.Integer, FieldKind.Counter, "microseconds",
                "Time that the container owed for requests that could not wait (such as swap), in microseconds.",
                "-", Key("io.stat", "cost.indebt")),
            new(Reading.BlkioCostIndelayUs, "cost_indelay_us", FieldType.Integer, FieldKind.Counter, "microseconds",
                "Time that tasks were delayed to pay that debt, in microseconds.",
                "-", Key("io.stat", "cost.indelay")),
        ]);
}
