namespace NsCollector.Sample.Netfilter;

/// <summary>Strings of the kernel in a field of fixed size, or in an attribute.</summary>
internal static class NulTerminated
{
    /// <summary>The bytes before the first NUL; all of them if there is none.</summary>
    internal static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field) => field.IndexOf((byte)0) is >= 0 and int end ? field[..end] : field;
}
