using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

/// <summary>struct if_dqblk (include/uapi/linux/quota.h): usage and limits of a quota; 0 means no limit.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal struct QuotaUsage
{
    [FieldOffset(0)] private ulong _hardLimitKiB;
    [FieldOffset(16)] internal ulong UsedBytes;
    [FieldOffset(24)] internal ulong InodeLimit;
    [FieldOffset(40)] internal ulong UsedInodes;

    /// <summary>The hard limit of the space; the kernel has it in units of 1,024 bytes (QIF_DQBLKSIZE).</summary>
    internal readonly ulong LimitBytes => _hardLimitKiB * 1024;
}
