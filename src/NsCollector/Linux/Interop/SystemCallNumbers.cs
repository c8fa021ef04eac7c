using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

/// <summary>
/// Numbers of the system calls that are made for each file, by architecture (arch/x86/entry/syscalls/syscall_64.tbl,
/// include/uapi/asm-generic/unistd.h for arm64).
/// </summary>
/// <remarks>
/// These calls go through syscall(3), because the C library's own functions are cancellation points. In a process with several
/// threads each of them changes the thread's cancellation type before and after the call with atomic instructions (glibc before
/// 2.41), which is 2 % of a sample. The agent never cancels a thread.
/// </remarks>
internal static class SystemCallNumbers
{
    internal static int Read => IsArm64 ? 63 : 0;

    internal static int Close => IsArm64 ? 57 : 3;

    internal static int Pread64 => IsArm64 ? 67 : 17;

    internal static int Openat => IsArm64 ? 56 : 257;

    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.Arm64 => true,
        Architecture.X64 => false,
        _ => throw new PlatformNotSupportedException("The numbers of system calls are known for x86_64 and arm64 only."),
    };
}
