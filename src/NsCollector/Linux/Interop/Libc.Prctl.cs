namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const int PR_SET_KEEPCAPS = 8;
    internal const int PR_CAPBSET_DROP = 24;
    internal const int PR_SET_NO_NEW_PRIVS = 38;
    internal const int PR_CAP_AMBIENT = 47;
    internal const int PR_CAP_AMBIENT_RAISE = 2;

    /// <summary>prctl(2). The options above affect the calling thread only.</summary>
    /// <returns>0, or -errno.</returns>
    internal static int Prctl(int option, int first, int second = 0) => Result(LibcImports.prctl(option, (nuint)first, (nuint)second, 0, 0));
}
