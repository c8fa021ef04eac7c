using System.Runtime.InteropServices;

namespace NsCollector.Linux.Interop;

internal static partial class NativeShim
{
    /// <summary>The library that native/ builds: a shared object beside a JIT build, linked in under native AOT.</summary>
    internal const string Library = "nscollector_native";

    /// <summary>The version of the interface of the shim in use (NSC_INTERFACE_VERSION in native/nscollector.h).</summary>
    [LibraryImport(Library, EntryPoint = "nsc_interface_version")]
    internal static partial int InterfaceVersion();
}
