using System.Buffers.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Linux;

/// <summary>The effective capabilities of the calling thread.</summary>
internal static class EffectiveCapabilities
{
    /// <summary>The numbers of capabilities (include/uapi/linux/capability.h).</summary>
    internal const int NetAdmin = 12, SysPtrace = 19;

    /// <summary>Whether the thread has a capability; false if that is not known.</summary>
    internal static bool Has(int capability)
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, "/proc/thread-self/status\0"u8);
        if (descriptor < 0) return false;
        Span<byte> buffer = stackalloc byte[8192];
        int length = Libc.Read(descriptor, buffer);
        Libc.Close(descriptor);
        if (length <= 0) return false;
        ReadOnlySpan<byte> text = buffer[..length];
        ReadOnlySpan<byte> name = "\nCapEff:\t"u8;
        int at = text.IndexOf(name);
        return at >= 0
            && Utf8Parser.TryParse(text[(at + name.Length)..], out ulong effective, out _, 'x')
            && (effective & (1UL << capability)) != 0;
    }
}
