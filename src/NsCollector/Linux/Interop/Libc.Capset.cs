namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    // _LINUX_CAPABILITY_VERSION_3 (include/uapi/linux/capability.h): two words each of effective, permitted and inheritable.
    private const uint CapabilityVersion3 = 0x20080522;

    /// <summary>capset(2) of the calling thread: the same bits for the effective, permitted and inheritable set.</summary>
    /// <returns>0, or -errno.</returns>
    internal static unsafe int Capset(ulong bits)
    {
        uint low = (uint)bits, high = (uint)(bits >> 32);
        uint* header = stackalloc uint[2] { CapabilityVersion3, 0 };
        uint* data = stackalloc uint[6] { low, low, low, high, high, high };
        return Result(LibcImports.capset(header, data));
    }
}
