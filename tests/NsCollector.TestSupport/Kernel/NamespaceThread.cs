using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NsCollector.TestSupport.Kernel;

/// <summary>A thread of the test in another network namespace: the sockets that it makes belong there.</summary>
public static partial class NamespaceThread
{
    private const int CLONE_NEWNET = 0x40000000;
    private const int AF_INET6 = 10;
    private const int SOCK_DGRAM = 2;

    /// <summary>Runs an action in the namespace of a process, on a thread that ends with it.</summary>
    public static void Run(int pid, Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using SafeFileHandle netns = File.OpenHandle($"/proc/{pid}/ns/net");
                if (Setns((int)netns.DangerousGetHandle(), CLONE_NEWNET) != 0) throw new IOException($"setns: errno {Marshal.GetLastPInvokeError()}");
                action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) throw new InvalidOperationException(failure.Message, failure);
    }

    /// <summary>A datagram socket of IPv6 with a protocol that .NET's Socket does not know.</summary>
    public static Socket NewSocket(int protocol)
    {
        int descriptor = NewSocket(AF_INET6, SOCK_DGRAM, protocol);
        if (descriptor < 0) throw new IOException($"socket: errno {Marshal.GetLastPInvokeError()}");
        return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int NewSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int Setns(int descriptor, int type);
}
