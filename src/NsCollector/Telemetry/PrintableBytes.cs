namespace NsCollector.Telemetry;

/// <summary>Makes names from the kernel printable for messages.</summary>
internal static class PrintableBytes
{
    private const int MaxBytes = 256;

    /// <summary>A name without control characters, truncated if it is long.</summary>
    internal static string Of(ReadOnlySpan<byte> name) => string.Create(Math.Min(name.Length, MaxBytes), name[..Math.Min(name.Length, MaxBytes)], static (text, bytes) =>
    {
        for (int i = 0; i < text.Length; i++) text[i] = bytes[i] is < (byte)' ' or (>= 127 and < 160) ? '?' : (char)bytes[i];
    });
}
