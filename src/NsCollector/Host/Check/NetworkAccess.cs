using System.Text;
using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Check;

/// <summary>What the kernel permits, found by trying each way to the network counters.</summary>
/// <param name="Setns">0, or -errno of setns(2) into the thread's own network namespace, which needs the same capability as a foreign one.</param>
/// <param name="ReadProc">0, or -errno of reading /proc/1/net/dev.</param>
/// <param name="InUserNamespace">Whether this process is in a user namespace other than the host's. Its capabilities then apply only to objects of that namespace.</param>
internal sealed record NetworkAccess(int Setns, int ReadProc, bool InUserNamespace)
{
    /// <summary>Tries each way.</summary>
    internal static NetworkAccess Try(HostRoots roots) =>
        new(TrySetns(), TryRead(roots.Proc + "/1/net/dev"), !IsInitialUserNamespace(TextFile.Read("/proc/self/uid_map")));

    /// <summary>Whether the text of /proc/PID/uid_map shows the initial user namespace, which maps every id to itself. True for null (unreadable).</summary>
    internal static bool IsInitialUserNamespace(string? uidMap) =>
        uidMap is null || uidMap.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is ["0", "0", "4294967295"];

    private static int TrySetns()
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, "/proc/thread-self/ns/net\0"u8);
        if (descriptor < 0) return descriptor;
        int result = Libc.Setns(descriptor, Libc.CLONE_NEWNET);
        Libc.Close(descriptor);
        return result;
    }

    private static int TryRead(string path)
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"));
        if (descriptor < 0) return descriptor;
        Span<byte> buffer = stackalloc byte[256];
        int result = Math.Min(0, Libc.Read(descriptor, buffer));
        Libc.Close(descriptor);
        return result;
    }
}
