namespace NsCollector.Linux;

/// <summary>Where the host's kernel and runtime trees are mounted for this process.</summary>
/// <param name="Proc">The host's procfs; <c>--proc</c>, default <c>/proc</c>.</param>
/// <param name="Cgroup">The directory above the cgroup hierarchies; <c>--cgroup</c>. Null: read from mountinfo.</param>
/// <param name="Run">The host's <c>/run</c>, where the runtimes keep their state; <c>--run</c>.</param>
/// <param name="Sys">The host's sysfs, for block device names; default <c>/sys</c>.</param>
internal sealed record HostRoots(string Proc = "/proc", string? Cgroup = null, string Run = "/run", string Sys = "/sys");
