using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Net;

/// <summary>Whether the kernel permits this process to visit network namespaces, found by trying.</summary>
/// <param name="SetnsError">0, or the errno of setns(2) into the process's own namespace.</param>
/// <param name="TraceError">0, or the errno of reading the link ns/net of the host's first process without CAP_SYS_PTRACE.</param>
internal readonly record struct NetworkPermission(int SetnsError, int TraceError)
{
    /// <summary>Whether namespaces can be entered: CAP_SYS_ADMIN, and no seccomp filter against setns(2).</summary>
    public bool MayEnter => SetnsError == 0;

    /// <summary>Whether the namespaces of other users' processes can be opened: CAP_SYS_PTRACE.</summary>
    public bool MayOpen => TraceError is not (Errno.EACCES or Errno.EPERM);

    /// <summary>The missing permission, for messages; null if nothing is missing.</summary>
    public string? Missing => (MayEnter, MayOpen) switch
    {
        (true, true) => null,
        (false, true) => "CAP_SYS_ADMIN (or setns is filtered by RestrictNamespaces= or seccomp)",
        (true, false) => "CAP_SYS_PTRACE",
        (false, false) => "CAP_SYS_ADMIN and CAP_SYS_PTRACE",
    };

    /// <summary>Tries both. The thread stays in its namespace.</summary>
    public static NetworkPermission Probe(HostRoots roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        int setns = Libc.Openat(Libc.AT_FDCWD, "/proc/thread-self/ns/net\0"u8);
        if (setns >= 0)
        {
            int descriptor = setns;
            setns = Libc.Setns(descriptor, Libc.CLONE_NEWNET);
            Libc.Close(descriptor);
        }

        // A security module may protect process 1 from everyone, which says nothing about the containers' processes.
        // So if it is refused, the capability itself decides.
        int link = Libc.Readlinkat(Libc.AT_FDCWD, NetworkVisitor.PathBytes($"{roots.Proc}/1/ns/net"), stackalloc byte[64]);
        if (link < 0 && EffectiveCapabilities.Has(EffectiveCapabilities.SysPtrace)) link = 0;
        return new NetworkPermission(setns < 0 ? -setns : 0, link < 0 ? -link : 0);
    }
}
