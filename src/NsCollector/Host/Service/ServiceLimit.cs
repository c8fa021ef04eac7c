using System.Globalization;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Service;

/// <summary>A resource limit of a unit (systemd.exec(5), "Process properties").</summary>
/// <param name="Key">The directive, such as LimitNOFILE.</param>
/// <param name="Resource">The number of the resource (include/uapi/asm-generic/resource.h).</param>
/// <param name="Soft">The soft limit.</param>
/// <param name="Hard">The hard limit.</param>
internal sealed record ServiceLimit(string Key, int Resource, ulong Soft, ulong Hard)
{
    private const ulong Infinity = ulong.MaxValue;

    // The last column: what systemd sets if the unit does not. Null: inherited, which nothing here depends on.
    private static readonly (string Key, int Resource, string? IfAbsent)[] Known =
    [
        ("LimitFSIZE", 1, "infinity"), ("LimitNOFILE", Libc.RLIMIT_NOFILE, "1024:524288"), ("LimitMEMLOCK", 8, null), ("LimitAS", 9, null),
        ("LimitNICE", 13, "0"), ("LimitRTPRIO", 14, "0"),
    ];

    /// <summary>The limits that affect what the agent can do.</summary>
    internal static IEnumerable<ServiceLimit> Of(UnitFile unit)
    {
        foreach ((string key, int resource, string? ifAbsent) in Known)
        {
            string? value = unit.Last(key) ?? ifAbsent;
            if (value is null) continue;
            string[] parts = value.Split(':', 2);
            if (Parse(key, parts[0]) is { } soft && Parse(key, parts[^1]) is { } hard) yield return new ServiceLimit(key, resource, soft, hard);
        }
    }

    private static ulong? Parse(string key, string text)
    {
        text = text.Trim();
        if (text == "infinity") return Infinity;

        // A sign means a nice value; RLIMIT_NICE is 20 less that value.
        if (key == "LimitNICE" && text is ['-' or '+', ..])
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int nice) ? (ulong)Math.Clamp(20 - nice, 1, 40) : null;
        int shift = text.Length > 0 ? "KMGTPE".IndexOf(text[^1], StringComparison.Ordinal) + 1 : 0;
        if (shift > 0) text = text[..^1];
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number << (10 * shift) : null;
    }
}
