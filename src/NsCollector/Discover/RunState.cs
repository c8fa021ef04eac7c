namespace NsCollector.Discover;

/// <summary>The states in which container_state counts containers. The lower-case name is the value of the tag <c>state</c>.</summary>
internal enum RunState
{
    /// <summary>It was never started (Docker).</summary>
    Created,

    /// <summary>It has a process, or its runtime reports it as running.</summary>
    Running,

    /// <summary>Its processes are frozen.</summary>
    Paused,

    /// <summary>It has exited, and its runtime will start it again (Docker's restart policy).</summary>
    Restarting,

    /// <summary>It has run and has exited (Docker).</summary>
    Exited,

    /// <summary>Docker is removing it, or could not remove all of it.</summary>
    Dead,

    /// <summary>It exists and is not running (podman and LXC; their files do not contain whether it ever ran).</summary>
    Stopped,

    /// <summary>Its cgroup has no process (runtimes without state files of stopped containers).</summary>
    Empty,

    /// <summary>Its state file cannot be read.</summary>
    Unknown,
}
