using System.Collections.Immutable;
using NsCollector.Host.Configuration.Values;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup.Records;

namespace NsCollector.Host.Configuration.Sections;

/// <summary>The section <c>[cgroup]</c>.</summary>
internal static class CgroupSection
{
    internal static ConfigurationSection Section { get; } = new("cgroup", false, "What is read from the containers' cgroups.");

    private static readonly SectionKeys<SampleOptions> Sample = new(Section, (draft, _) => draft.Sample, (draft, _, options) => draft.Sample = options);

    internal static ImmutableArray<ConfigurationKey> Keys { get; } =
    [
        Sample.Key("cpu_cores", new SwitchValue(), s => s.CpuCores, (s, v) => s with { CpuCores = v },
            "Report the measurement container_cpu_core: one point per core (cgroup v1 only)."),
        Sample.Key("memory_stat", new SwitchValue(), s => s.MemoryStat, (s, v) => s with { MemoryStat = v },
            "Report the measurement container_memory_stat: every key of memory.stat under the kernel's own name."),
        Sample.Key("memory_detail", new SwitchValue(), s => s.MemoryDetail, (s, v) => s with { MemoryDetail = v },
            "Report the measurement container_memory_detail, local_throttled_ns of container_cpu, and processes and the states of tasks of container_pids. The agent then reads about 10 further files of each container in each cycle."),
        Sample.Key("limits", new SwitchValue(), s => s.Limits, (s, v) => s with { Limits = v },
            "Report the measurement container_limits: limits, shares and protections as they are set, whenever the limits are read (limits_interval). The agent then opens about 20 further files of each container. The kernel keeps them in its caches and charges about 15 KB for each container to the agent."),
        Sample.Key("pressure", new SwitchValue(), s => s.Pressure, (s, v) => s with { Pressure = v },
            "Report the measurement container_pressure, if the kernel has it."),
        Sample.Key("blkio", new SwitchValue(), s => s.Blkio, (s, v) => s with { Blkio = v },
            "Report the measurement container_blkio."),
        Sample.Key("hugetlb", new SwitchValue(), s => s.Hugetlb, (s, v) => s with { Hugetlb = v },
            "Report the measurement container_hugetlb."),
        Sample.Key("oom_victims", new ChoiceValue<OomVictimMode>(("auto", OomVictimMode.Auto), ("on", OomVictimMode.On), ("off", OomVictimMode.Off)),
            s => s.OomVictims, (s, v) => s with { OomVictims = v },
            "Read the kernel's log to report in container_oom which process was killed, and which limit was reached. Needs /dev/kmsg and CAP_SYSLOG, which the service has only with a drop-in. If the log cannot be opened, the agent runs without it; with `on`, it also logs a warning."),
        Sample.Key("reader", new ChoiceValue<CgroupReaderMode>(("files", CgroupReaderMode.Files), ("auto", CgroupReaderMode.Auto), ("bpf", CgroupReaderMode.Bpf)),
            s => s.CgroupReader, (s, v) => s with { CgroupReader = v },
            "How the numbers of cgroups are read: from files, or by a BPF program that reads memory, processes and throttling of all containers in one pass and keeps no file open for them. `auto` and `bpf` read files for what BPF cannot read, and for everything if it is not permitted; `bpf` then logs a warning. Needs Linux 6.1 with BTF, CAP_BPF and CAP_PERFMON or CAP_SYS_ADMIN, and bpf in SystemCallFilter, which the service has only with a drop-in."),
        Sample.Key("max_devices", new IntegerValue(1, 65536), s => s.MaxDevices, (s, v) => s with { MaxDevices = v },
            "Maximum block devices reported per container. Further ones are counted and left out."),
        Sample.Key("max_held_files", new IntegerValue(0, 100_000_000), s => s.MaxHeldFiles, (s, v) => s with { MaxHeldFiles = v },
            "Maximum cgroup files held open between cycles, each of which costs about 5 KiB of kernel memory; 0 is as many as the limit on open files and the memory limit of the agent's cgroup allow. Further files are opened in each cycle, which costs more CPU."),
        Sample.Key("stat_interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1), zeroAllowed: true), s => s.StatInterval, (s, v) => s with { StatInterval = v },
            "How often memory.stat is read, the most expensive cgroup file, different containers in different cycles; 0 is in every cycle. In other cycles its fields are absent, among them working_set_bytes and usage_percent of container_memory."),
        Sample.Key("limits_interval", new DurationValue(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)), s => s.LimitsInterval, (s, v) => s with { LimitsInterval = v },
            "How often limits and states, which seldom change, are read again. In the first three seconds of a container that starts while the agent runs, they are read every second, because its runtime may set them late."),
    ];
}
