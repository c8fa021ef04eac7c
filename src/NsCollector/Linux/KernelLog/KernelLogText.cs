using System.Text;

namespace NsCollector.Linux.KernelLog;

/// <summary>
/// The escapes of a record's text: <c>\xHH</c> stands for a byte that is a backslash or not printable ASCII (msg_add_ext_text in
/// kernel/printk/printk.c).
/// </summary>
internal static class KernelLogText
{
    /// <summary>The text without escapes; bytes that are not UTF-8 become U+FFFD.</summary>
    internal static string Decode(ReadOnlySpan<byte> escaped)
    {
        if (!escaped.Contains((byte)'\\')) return Encoding.UTF8.GetString(escaped);
        byte[] raw = new byte[escaped.Length];
        int length = 0;
        for (int i = 0; i < escaped.Length; i++)
        {
            bool isEscape = escaped[i] == (byte)'\\' && i + 3 < escaped.Length && escaped[i + 1] == (byte)'x'
                && char.IsAsciiHexDigit((char)escaped[i + 2]) && char.IsAsciiHexDigit((char)escaped[i + 3]);
            raw[length++] = isEscape ? (byte)((Digit(escaped[i + 2]) << 4) | Digit(escaped[i + 3])) : escaped[i];
            if (isEscape) i += 3;
        }

        return Encoding.UTF8.GetString(raw, 0, length);
    }

    private static int Digit(byte hexadecimal) => hexadecimal <= (byte)'9' ? hexadecimal - '0' : (hexadecimal | 0x20) - 'a' + 10;
}
