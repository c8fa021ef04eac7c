using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    internal static int SIGPIPE => LibC.SIGPIPE;
    internal static int SIGXFSZ => LibC.SIGXFSZ;

    /// <summary>sigaction(2) with SIG_IGN: the write that would have raised the signal returns its errno instead.</summary>
    internal static unsafe void IgnoreSignal(int signal)
    {
        sigaction ignore = default;
        ignore.sa_handler = LibC.SIG_IGN;
        _ = LibC.sigaction(signal, &ignore, null);
    }
}
