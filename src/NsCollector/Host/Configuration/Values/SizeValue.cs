using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace NsCollector.Host.Configuration.Values;

/// <summary>A number of bytes, plain or with a binary unit: 4096, 512KiB, 64MiB, 1GiB. K, M, kB and MB are refused: they can mean powers of 1000 or of 1024.</summary>
internal sealed class SizeValue(long min, long max, bool zeroAllowed = false) : ConfigurationValue<long>
{
    private static readonly (string Suffix, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

    internal override string Expected =>
        $"bytes, plain or with a unit (KiB, MiB, GiB, TiB), from {Format(min)} to {Format(max)}{(zeroAllowed ? ", or 0" : "")}";

    internal override string Format(long value)
    {
        for (int i = Units.Length - 1; i >= 0; i--)
        {
            long unit = 1L << Units[i].Shift;
            if (value >= unit && value % unit == 0) return string.Create(CultureInfo.InvariantCulture, $"{value / unit}{Units[i].Suffix}");
        }

        return value.ToString(CultureInfo.InvariantCulture);
    }

    internal override bool TryParse(string text, out long value, [NotNullWhen(false)] out string? problem)
    {
        int shift = 0;
        ReadOnlySpan<char> digits = text;
        foreach ((string suffix, int unitShift) in Units)
        {
            if (!text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) continue;
            shift = unitShift;
            digits = digits[..^suffix.Length].TrimEnd();
        }

        problem = null;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value)) problem = Problem(Remark(text));
        else if (value > long.MaxValue >> shift) problem = Problem("this is too large");
        if (problem is not null) return false;

        value <<= shift;
        if (value == 0 && zeroAllowed) return true;
        if (value < min) problem = Problem("this is too small");
        else if (value > max) problem = Problem("this is too large");
        return problem is null;
    }

    private static string? Remark(string text)
    {
        string trimmed = text.TrimEnd('b', 'B', 'i', 'I');
        if (trimmed.Length < 2 || !long.TryParse(trimmed.AsSpan(0, trimmed.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
        {
            return null;
        }

        char unit = char.ToUpperInvariant(trimmed[^1]);
        return unit is 'K' or 'M' or 'G' or 'T'
            ? string.Create(CultureInfo.InvariantCulture, $"the unit could mean 1000 or 1024, write {number}{unit}iB")
            : null;
    }
}
