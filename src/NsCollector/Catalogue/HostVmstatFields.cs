using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class HostVmstatFields
{
    internal static Measurement Measurement { get; } = new("host_vmstat", SamplePart.HostVmstat, null,
        "host.enabled = on (the default)",
        "Paging, reclaim and OOM kills of the host.",
        [
            new(Reading.HostVmPgpginBytes, "paged_in_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes read from block devices.",
                Key("vmstat", "pgpgin", 1024, shown: "/proc/vmstat pgpgin"))
            {
                Node = [new("node_vmstat_pgpgin") { Divisor = 1024 }],
            },
            new(Reading.HostVmPgpgoutBytes, "paged_out_bytes", FieldType.Integer, FieldKind.Counter, "bytes",
                "Bytes written to block devices.",
                Key("vmstat", "pgpgout", 1024, shown: "/proc/vmstat pgpgout"))
            {
                Node = [new("node_vmstat_pgpgout") { Divisor = 1024 }],
            },
            new(Reading.HostVmPswpin, "pswpin", FieldType.Integer, FieldKind.Counter, "1",
                "Pages read from swap.",
                Key("vmstat", "pswpin", shown: "/proc/vmstat pswpin"))
            {
                Node = [new("node_vmstat_pswpin")],
            },
            new(Reading.HostVmPswpout, "pswpout", FieldType.Integer, FieldKind.Counter, "1",
                "Pages written to swap.",
                Key("vmstat", "pswpout", shown: "/proc/vmstat pswpout"))
            {
                Node = [new("node_vmstat_pswpout")],
            },
            new(Reading.HostVmPgfault, "pgfault", FieldType.Integer, FieldKind.Counter, "1",
                "Page faults.",
                Key("vmstat", "pgfault", shown: "/proc/vmstat pgfault"))
            {
                Node = [new("node_vmstat_pgfault")],
            },
            new(Reading.HostVmPgmajfault, "pgmajfault", FieldType.Integer, FieldKind.Counter, "1",
                "Page faults that needed I/O.",
                Key("vmstat", "pgmajfault", shown: "/proc/vmstat pgmajfault"))
            {
                Node = [new("node_vmstat_pgmajfault")],
            },
            new(Reading.HostVmPgscanKswapd, "pgscan_kswapd", FieldType.Integer, FieldKind.Counter, "1",
                "Pages scanned by kswapd.",
                Key("vmstat", "pgscan_kswapd", shown: "/proc/vmstat pgscan_kswapd"))
            {
                Node = [new("node_vmstat_pgscan_kswapd")],
            },
            new(Reading.HostVmPgscanDirect, "pgscan_direct", FieldType.Integer, FieldKind.Counter, "1",
                "Pages scanned by tasks that needed memory.",
                Key("vmstat", "pgscan_direct", shown: "/proc/vmstat pgscan_direct"))
            {
                Node = [new("node_vmstat_pgscan_direct")],
            },
            new(Reading.HostVmPgstealKswapd, "pgsteal_kswapd", FieldType.Integer, FieldKind.Counter, "1",
                "Pages reclaimed by kswapd.",
                Key("vmstat", "pgsteal_kswapd", shown: "/proc/vmstat pgsteal_kswapd"))
            {
                Node = [new("node_vmstat_pgsteal_kswapd")],
            },
            new(Reading.HostVmPgstealDirect, "pgsteal_direct", FieldType.Integer, FieldKind.Counter, "1",
                "Pages reclaimed by tasks that needed memory.",
                Key("vmstat", "pgsteal_direct", shown: "/proc/vmstat pgsteal_direct"))
            {
                Node = [new("node_vmstat_pgsteal_direct")],
            },
            new(Reading.HostVmAllocstallNormal, "allocstall_normal", FieldType.Integer, FieldKind.Counter, "1",
                "Times that a task had to reclaim memory of the zone Normal itself.",
                Key("vmstat", "allocstall_normal", shown: "/proc/vmstat allocstall_normal"))
            {
                Node = [new("node_vmstat_allocstall_normal")],
            },
            new(Reading.HostVmAllocstallMovable, "allocstall_movable", FieldType.Integer, FieldKind.Counter, "1",
                "Times that a task had to reclaim memory of the zone Movable itself.",
                Key("vmstat", "allocstall_movable", shown: "/proc/vmstat allocstall_movable"))
            {
                Node = [new("node_vmstat_allocstall_movable")],
            },
            new(Reading.HostVmWorkingsetRefaultAnon, "workingset_refault_anon", FieldType.Integer, FieldKind.Counter, "1",
                "Anonymous pages that were reclaimed and soon needed again.",
                Key("vmstat", "workingset_refault_anon", shown: "/proc/vmstat workingset_refault_anon"))
            {
                Node = [new("node_vmstat_workingset_refault_anon")],
            },
            new(Reading.HostVmWorkingsetRefaultFile, "workingset_refault_file", FieldType.Integer, FieldKind.Counter, "1",
                "Pages of files that were reclaimed and soon needed again.",
                Key("vmstat", "workingset_refault_file", shown: "/proc/vmstat workingset_refault_file"))
            {
                Node = [new("node_vmstat_workingset_refault_file")],
            },
            new(Reading.HostVmCompactStall, "compact_stall", FieldType.Integer, FieldKind.Counter, "1",
                "Times that a task had to compact memory itself.",
                Key("vmstat", "compact_stall", shown: "/proc/vmstat compact_stall"))
            {
                Node = [new("node_vmstat_compact_stall")],
            },
            new(Reading.HostVmOomKill, "oom_kills", FieldType.Integer, FieldKind.Counter, "1",
                "Processes killed because memory ran out, of the host or below a limit.",
                Key("vmstat", "oom_kill", shown: "/proc/vmstat oom_kill"))
            {
                Node = [new("node_vmstat_oom_kill")],
            },
        ]);
}
