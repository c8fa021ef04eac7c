namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const int PRIO_PROCESS = 0;

    /// <summary>
    /// setpriority(2). On Linux the nice value belongs to the thread, and who = 0 means the calling thread; Thread.Priority
    /// has no effect there.
    /// </summary>
    /// <returns>0, or -errno.</returns>
    internal static int Setpriority(int which, int who, int nice) => Result(LibcImports.setpriority(which, (uint)who, nice));
}
