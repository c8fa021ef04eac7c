using System.Globalization;

namespace NsCollector.Deliver.File;

/// <summary>
/// The names of rotated files: <c>metrics.lp.20261121T100359.123Z</c>, <c>.gz</c> when compressed, <c>.gz.tmp</c> during
/// compression. Pure.
/// <para>
/// The name has a time and not a number, so that a rotated file is never renamed while it is read or compressed, and a
/// rotation is a single rename. The stamp follows the suffix, so that <c>*.lp</c> matches only the live file. Stamps increase by
/// at least a millisecond even if the clock is set back, so that the order of names is the order of lines. Only files with a
/// name of exactly this form are removed.
/// </para>
/// </summary>
internal sealed class RotationNames
{
    private const string StampFormat = "yyyyMMdd'T'HHmmss.fff'Z'";
    private const int StampLength = 20;
    private const string GzipSuffix = ".gz";
    private const string UnfinishedSuffix = ".gz.tmp";
    private readonly string _prefix;

    /// <summary>The names of rotated files of one live file.</summary>
    /// <param name="fileName">The live file's name, without directory.</param>
    internal RotationNames(string fileName) => _prefix = fileName + ".";

    /// <summary>The name of a rotated file.</summary>
    internal string Of(DateTime stamp, RotatedForm form = RotatedForm.Plain) =>
        _prefix + stamp.ToString(StampFormat, CultureInfo.InvariantCulture) + form switch
        {
            RotatedForm.Gzip => GzipSuffix,
            RotatedForm.UnfinishedGzip => UnfinishedSuffix,
            _ => "",
        };

    /// <summary>Parses a name.</summary>
    /// <returns>False if it is not the name of a rotated file.</returns>
    internal bool TryParse(string fileName, out RotatedName name)
    {
        name = default;
        if (!fileName.StartsWith(_prefix, StringComparison.Ordinal)) return false;
        ReadOnlySpan<char> rest = fileName.AsSpan(_prefix.Length);
        if (rest.Length < StampLength) return false;
        RotatedForm? form = rest[StampLength..] switch
        {
            "" => RotatedForm.Plain,
            GzipSuffix => RotatedForm.Gzip,
            UnfinishedSuffix => RotatedForm.UnfinishedGzip,
            _ => null,
        };
        if (form is null) return false;
        if (!DateTime.TryParseExact(rest[..StampLength], StampFormat, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime stamp)) return false;
        name = new RotatedName(fileName, stamp, form.Value);
        return true;
    }

    /// <summary>The stamp of a file that is rotated now.</summary>
    /// <param name="now">The time, UTC.</param>
    /// <param name="newest">The newest stamp that exists; null if there is none.</param>
    internal static DateTime NextStamp(DateTime now, DateTime? newest)
    {
        DateTime stamp = new(now.Ticks - now.Ticks % TimeSpan.TicksPerMillisecond, DateTimeKind.Utc);
        return newest is { } last && stamp <= last ? last.AddMilliseconds(1) : stamp;
    }
}
