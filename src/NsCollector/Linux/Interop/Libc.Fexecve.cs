using System.Text;
using Tmds.Linux;

namespace NsCollector.Linux.Interop;

internal static partial class Libc
{
    /// <summary>fexecve(3): replaces this process by a program. Returns only if that failed.</summary>
    /// <param name="program">A descriptor of the executable.</param>
    /// <param name="arguments">Its arguments, the first being its name.</param>
    /// <param name="environment">Its environment, NAME=VALUE each.</param>
    /// <returns>-errno.</returns>
    internal static unsafe int Fexecve(int program, string[] arguments, string[] environment)
    {
        fixed (byte** first = Pointers(arguments))
        fixed (byte** second = Pointers(environment))
            return Result(LibC.fexecve(program, first, second));
    }

    // Never freed: the memory goes with the process, or the process ends after the failure.
    private static unsafe byte*[] Pointers(string[] texts)
    {
        byte*[] pointers = new byte*[texts.Length + 1];
        for (int i = 0; i < texts.Length; i++)
        {
            byte[] bytes = GC.AllocateUninitializedArray<byte>(Encoding.UTF8.GetByteCount(texts[i]) + 1, pinned: true);
            Encoding.UTF8.GetBytes(texts[i], bytes);
            bytes[^1] = 0;
            fixed (byte* pinned = bytes) pointers[i] = pinned;
            Kept.Add(bytes);
        }

        return pointers;
    }

    private static readonly List<byte[]> Kept = [];
}
