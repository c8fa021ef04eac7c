namespace NsCollector.Discover.Life;

/// <summary>How the init process of a container ended. The values are the indexes of the words of <c>exit_reason</c> in the catalogue.</summary>
internal enum ExitReason
{
    /// <summary>The kernel did not report its wait status (before Linux 6.15, or the exit was not detected).</summary>
    Unknown,

    /// <summary>It returned an exit code.</summary>
    Exited,

    /// <summary>A signal killed it.</summary>
    Signal,

    /// <summary>SIGKILL ended it, or it returned 128 + SIGKILL, right after an OOM kill in the container's cgroup.</summary>
    Oom,
}
