using System.Runtime.InteropServices;

namespace NsCollector.LinuxTests.Fixtures;

/// <summary>Removes capabilities from the effective set of one thread (capset(2) affects only the calling thread).</summary>
internal static unsafe partial class ThreadCapabilities
{
    internal const int NetBroadcast = 11;
    internal const int NetAdmin = 12;
    internal const int SysPtrace = 19;
    internal const int SysAdmin = 21;
    internal const int Syslog = 34;

    // _LINUX_CAPABILITY_VERSION_3: two words each of effective, permitted and inheritable.
    private const uint Version3 = 0x20080522;

    /// <summary>Runs work on its own thread without some capabilities.</summary>
    internal static void Without(int[] capabilities, Action work)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            uint* header = stackalloc uint[2] { Version3, 0 };
            uint* data = stackalloc uint[6];
            if (CapGet(header, data) != 0) Environment.FailFast("capget");

            // The effective set is the first word of each triple.
            (uint low, uint high) = (data[0], data[3]);
            foreach (int capability in capabilities) data[capability / 32 * 3] &= ~(1u << capability % 32);
            if (CapSet(header, data) != 0) Environment.FailFast("capset");
            try
            {
                work();
            }
            catch (Exception e)
            {
                failure = e;
            }
            finally
            {
                (data[0], data[3]) = (low, high);
                if (CapSet(header, data) != 0) Environment.FailFast("capset back");
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) throw new InvalidOperationException("without capabilities: " + failure.Message, failure);
    }

    [LibraryImport("libc", EntryPoint = "capget")]
    private static partial int CapGet(uint* header, uint* data);

    [LibraryImport("libc", EntryPoint = "capset")]
    private static partial int CapSet(uint* header, uint* data);
}
