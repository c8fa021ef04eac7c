using System.Globalization;

namespace NsCollector.Deliver.Spool;

/// <summary>
/// The name of a spool file, which tells all that must be known of it without reading it:
/// <c>SEQUENCE-POINTS-BYTES-CRC.lp.gz</c>, such as <c>0000000000000042-6103-1534221-9f3a11c2.lp.gz</c>.
/// <para>
/// The file itself is a plain gzip stream (RFC 1952) of whole lines of line protocol, so that <c>zcat</c> shows it and
/// <c>curl</c> can post it. The checksum is over the compressed bytes: a file that was cut short or written over is known
/// before anything of it is sent.
/// </para>
/// </summary>
/// <param name="Sequence">The order of collection within one sink's directory; from 1.</param>
/// <param name="Points">How many lines it holds.</param>
/// <param name="LineBytes">How many bytes they are, uncompressed.</param>
/// <param name="Crc32C">CRC-32C (RFC 3720, appendix B.4) of the file's bytes.</param>
internal readonly record struct SpoolFileName(long Sequence, int Points, int LineBytes, uint Crc32C)
{
    /// <summary>How every spool file's name ends.</summary>
    internal const string Suffix = ".lp.gz";

    /// <summary>What is added to the name of a file that is damaged.</summary>
    internal const string DamagedSuffix = ".damaged";

    /// <summary>What is added to the name of a file that the server refused as a whole while it took others.</summary>
    internal const string RefusedSuffix = ".refused";

    /// <summary>How the name of a file ends that is being written.</summary>
    internal const string UnfinishedSuffix = ".tmp";

    /// <summary>The last sequence that may be found: so many files that those after it still have as many digits.</summary>
    private const long MaxSequence = 999_999_999_999_999;

    private const int SequenceDigits = 16;

    /// <summary>The name as it stands in the directory.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Sequence:D16}-{Points}-{LineBytes}-{Crc32C:x8}{Suffix}");

    /// <summary>Reads a name; whatever is not exactly of the form is none.</summary>
    internal static bool TryParse(string text, out SpoolFileName name)
    {
        name = default;
        if (!text.EndsWith(Suffix, StringComparison.Ordinal)) return false;
        string[] parts = text[..^Suffix.Length].Split('-');
        if (parts.Length != 4 || parts[0].Length != SequenceDigits || parts[3].Length != 8) return false;
        if (!long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long sequence) ||
            !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int points) ||
            !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int lineBytes) ||
            !uint.TryParse(parts[3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint crc))
        {
            return false;
        }

        if (sequence > MaxSequence) return false;
        name = new SpoolFileName(sequence, points, lineBytes, crc);
        return name.ToString() == text;
    }
}
