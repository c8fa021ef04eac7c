using NsCollector.Linux.Interop;

namespace NsCollector.Discover;

/// <summary>
/// An open O_PATH descriptor of /proc/PID. It pins neither the process nor its namespaces, and never refers to another
/// process: once the process has been reaped every look-up through it fails, even if the pid is used again.
/// </summary>
/// <remarks>
/// Owned by Discover. It is closed only after Sample has acknowledged a <see cref="ContainerList"/> without it
/// (<see cref="ContainerList.Generation"/>), so that a visit never uses a descriptor number that refers to another file by now.
/// </remarks>
internal sealed class ProcessDirectory
{
    private int _descriptor;

    internal ProcessDirectory(int descriptor, int pid, long startedBoottimeNs)
    {
        _descriptor = descriptor;
        Pid = pid;
        StartedBoottimeNs = startedBoottimeNs;
    }

    /// <summary>The descriptor, or -1 once closed.</summary>
    public int Descriptor => _descriptor;

    /// <summary>The process's id in the agent's pid namespace.</summary>
    public int Pid { get; }

    /// <summary>When it started, on CLOCK_BOOTTIME, in nanoseconds (field 22 of /proc/PID/stat, in ticks of USER_HZ); 0 if unreadable.</summary>
    public long StartedBoottimeNs { get; }

    internal void Close()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0) Libc.Close(descriptor);
    }
}
