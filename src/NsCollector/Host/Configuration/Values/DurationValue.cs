using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace NsCollector.Host.Configuration.Values;

/// <summary>A whole number with a unit: 500ms, 10s, 1m, 1h, 7d. A number without a unit is refused: it could mean seconds or milliseconds.</summary>
/// <param name="min">The shortest.</param>
/// <param name="max">The longest.</param>
/// <param name="zeroAllowed">Whether 0 is valid too.</param>
/// <param name="zeroWord">The word for zero, if that is valid and not written as a number.</param>
internal sealed class DurationValue(TimeSpan min, TimeSpan max, bool zeroAllowed = false, string? zeroWord = null) : ConfigurationValue<TimeSpan>
{
    // The longer suffix first: "ms" ends in "s".
    private static readonly (string Suffix, long Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
        ("d", TimeSpan.TicksPerDay),
    ];

    internal override string Expected =>
        $"a whole number with a unit (ms, s, m, h, d) from {FormatDuration(min)} to {FormatDuration(max)}{(zeroWord is not null ? $", or {zeroWord}" : zeroAllowed ? ", or 0" : "")}";

    internal override string Format(TimeSpan value) => zeroWord is not null && value == TimeSpan.Zero ? zeroWord : FormatDuration(value);

    internal override bool TryParse(string text, out TimeSpan value, [NotNullWhen(false)] out string? problem)
    {
        value = TimeSpan.Zero;
        problem = null;
        if (text == "0" && zeroAllowed) return true;
        if (zeroWord is not null && text.Equals(zeroWord, StringComparison.OrdinalIgnoreCase)) return true;
        foreach ((string suffix, long ticks) in Units)
        {
            if (!text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) continue;
            ReadOnlySpan<char> digits = text.AsSpan(0, text.Length - suffix.Length).TrimEnd();
            if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number)) break;
            if (number > TimeSpan.MaxValue.Ticks / ticks)
            {
                problem = Problem("this is too long");
                return false;
            }

            value = new TimeSpan(number * ticks);
            if (zeroAllowed && number == 0) return true;
            if (value < min) problem = Problem("this is too short");
            else if (value > max) problem = Problem("this is too long");
            return problem is null;
        }

        bool bare = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
        problem = bare ? Problem($"the unit is missing, write for example {text}s") : Problem();
        return false;
    }

    private static string FormatDuration(TimeSpan value)
    {
        if (value == TimeSpan.Zero) return "0";
        for (int i = Units.Length - 1; i >= 0; i--)
        {
            if (value.Ticks % Units[i].Ticks == 0) return string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / Units[i].Ticks}{Units[i].Suffix}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / TimeSpan.TicksPerMillisecond}ms");
    }
}
