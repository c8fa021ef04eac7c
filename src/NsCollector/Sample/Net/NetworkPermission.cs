using NsCollector.Linux;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Net;

/// <summary>What the kernel permits of the visit to the namespaces, found by trying and not by reading capability bits.</summary>
/// <param name="SetnsError">0, or the errno of setns(2) into the namespace that this process is in already.</param>
/// <param name="OpenError">0, or the errno of opening ns/net of the host's first process.</param>
public readonly record struct NetworkPermission(int SetnsError, int OpenError)
{
    /// <summary>Whether namespaces can be entered: CAP_SYS_ADMIN, and no seccomp filter against setns(2).</summary>
    public bool MayEnter => SetnsError == 0;

    /// <summary>Whether other users' processes show their namespaces: CAP_SYS_PTRACE.</summary>
    public bool MayOpen => OpenError is not (Errno.EACCES or Errno.EPERM);

    /// <summary>What is missing, for people; null where nothing is.</summary>
    public string? Missing => (MayEnter, MayOpen) switch
    {
        (true, true) => null,
        (false, true) => "CAP_SYS_ADMIN (or setns is filtered by RestrictNamespaces= or seccomp)",
        (true, false) => "CAP_SYS_PTRACE",
        (false, false) => "CAP_SYS_ADMIN and CAP_SYS_PTRACE",
    };

    /// <summary>Tries both. The thread stays in the namespace that it is in.</summary>
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

        int open = Libc.Openat(Libc.AT_FDCWD, NetworkVisitor.PathBytes($"{roots.Proc}/1/ns/net"));
        if (open >= 0) Libc.Close(open);
        return new NetworkPermission(setns < 0 ? -setns : 0, open < 0 ? -open : 0);
    }
}
