using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal const int SIGPIPE = 13;
    internal const int SIGXFSZ = 25;
    private const nint SIG_IGN = 1;

    [LibraryImport(Library, EntryPoint = "signal", SetLastError = true)]
    private static partial nint SignalRaw(int signal, nint handler);

    /// <summary>signal(2) with SIG_IGN: the write that would have raised it returns its errno instead.</summary>
    internal static void IgnoreSignal(int signal) => SignalRaw(signal, SIG_IGN);
}
