using System.Globalization;

namespace NsCollector.Deliver.Spool;

/// <summary>
/// The name of a spool file. It describes the content, so that the file need not be read:
/// <c>SEQUENCE-POINTS-BYTES-CRC.lp.gz</c>, such as <c>0000000000000042-6103-1534221-9f3a11c2.lp.gz</c>.
/// <para>
/// The file itself is a plain gzip stream (RFC 1952) of whole lines of line protocol, so that <c>zcat</c> shows it and
/// <c>curl</c> can post it. A file <c>.otlp.gz</c> contains an OTLP request instead. The checksum covers the compressed bytes: a
/// truncated or overwritten file is detected before any of it is sent.
/// </para>
/// </summary>
/// <param name="Sequence">The order of collection within one sink's directory; from 1.</param>
/// <param name="Points">The number of lines.</param>
/// <param name="LineBytes">Their uncompressed bytes.</param>
/// <param name="Crc32C">CRC-32C (RFC 3720, appendix B.4) of the file's bytes.</param>
/// <param name="Format">What the file contains; its suffix.</param>
internal readonly record struct SpoolFileName(long Sequence, int Points, int LineBytes, uint Crc32C, SpoolFormat Format = SpoolFormat.Lines)
{
    /// <summary>Suffix of a spool file with lines.</summary>
    internal const string LinesSuffix = ".lp.gz";

    /// <summary>Suffix of a spool file with an OTLP request.</summary>
    internal const string OtlpSuffix = ".otlp.gz";

    /// <summary>Suffix of every spool file.</summary>
    internal const string CommonSuffix = ".gz";

    /// <summary>Added to the name of a damaged file.</summary>
    internal const string DamagedSuffix = ".damaged";

    /// <summary>Added to the name of a file that the server refused as a whole while it accepted others.</summary>
    internal const string RefusedSuffix = ".refused";

    /// <summary>Suffix of a file that is being written.</summary>
    internal const string UnfinishedSuffix = ".tmp";

    /// <summary>Highest sequence accepted from a file name, so that later sequences still have the same number of digits.</summary>
    private const long MaxSequence = 999_999_999_999_999;

    private const int SequenceDigits = 16;

    /// <summary>The file name.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Sequence:D16}-{Points}-{LineBytes}-{Crc32C:x8}{(Format == SpoolFormat.Otlp ? OtlpSuffix : LinesSuffix)}");

    /// <summary>Parses a name; fails for a name that is not exactly of this form.</summary>
    internal static bool TryParse(string text, out SpoolFileName name)
    {
        name = default;
        SpoolFormat format = text.EndsWith(OtlpSuffix, StringComparison.Ordinal) ? SpoolFormat.Otlp : SpoolFormat.Lines;
        string suffix = format == SpoolFormat.Otlp ? OtlpSuffix : LinesSuffix;
        if (!text.EndsWith(suffix, StringComparison.Ordinal)) return false;
        string[] parts = text[..^suffix.Length].Split('-');
        if (parts.Length != 4 || parts[0].Length != SequenceDigits || parts[3].Length != 8) return false;
        if (!long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long sequence) ||
            !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int points) ||
            !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int lineBytes) ||
            !uint.TryParse(parts[3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint crc))
        {
            return false;
        }

        if (sequence > MaxSequence) return false;
        name = new SpoolFileName(sequence, points, lineBytes, crc, format);
        return name.ToString() == text;
    }
}
