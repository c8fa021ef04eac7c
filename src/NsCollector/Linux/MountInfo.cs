using System.Globalization;
using System.Text;

namespace NsCollector.Linux;

/// <summary>A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).</summary>
/// <param name="Id">The mount ID.</param>
/// <param name="Parent">The ID of the mount that it is mounted on.</param>
/// <param name="Major">Of the device; 0 for a file system without a device of its own.</param>
/// <param name="Minor">Of the device.</param>
/// <param name="Root">The directory of the file system that is mounted.</param>
/// <param name="Point">Where it is mounted.</param>
/// <param name="Options">Of the mount, such as <c>ro,nosuid</c>.</param>
/// <param name="Type">Of the file system.</param>
/// <param name="Source">The device or a name; may be empty.</param>
/// <param name="SuperOptions">The options of the file system, with the kernel's escapes, which include commas in values.</param>
internal sealed record MountInfo(
    string Id, string Parent, uint Major, uint Minor, string Root, string Point, string Options, string Type, string Source, string SuperOptions)
{
    /// <summary>Parses a line; null if it is malformed.</summary>
    internal static MountInfo? Parse(string line)
    {
        // An empty source is an empty field.
        string[] fields = line.Split(' ');

        // Optional fields (shared:N, master:N) are between the sixth field and a hyphen.
        int separator = fields.Length > 6 ? Array.IndexOf(fields, "-", 6) : -1;
        if (separator < 0 || separator + 3 >= fields.Length) return null;
        int colon = fields[2].IndexOf(':', StringComparison.Ordinal);
        if (colon < 0
            || !uint.TryParse(fields[2].AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out uint major)
            || !uint.TryParse(fields[2].AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out uint minor))
        {
            return null;
        }

        return new MountInfo(
            fields[0], fields[1], major, minor, Unescape(fields[3]), Unescape(fields[4]), fields[5],
            fields[separator + 1], Unescape(fields[separator + 2]), fields[separator + 3]);
    }

    /// <summary>The value of an option of the file system, such as <c>upperdir</c>; null without it.</summary>
    internal string? SuperOption(string name)
    {
        ReadOnlySpan<char> options = SuperOptions;
        foreach (Range range in options.Split(','))
        {
            ReadOnlySpan<char> option = options[range];
            if (option.Length > name.Length && option[name.Length] == '=' && option.StartsWith(name, StringComparison.Ordinal)) return Unescape(option[(name.Length + 1)..].ToString());
        }

        return null;
    }

    /// <summary>Whether a path is the mount point or below it.</summary>
    internal bool Contains(string path) =>
        Point == "/" || (path.StartsWith(Point, StringComparison.Ordinal) && (path.Length == Point.Length || path[Point.Length] == '/'));

    /// <summary>Decodes \040 (space), \011 (tab), \012 (newline), \134 (backslash) and others, as the kernel's seq_escape() writes them.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\')) return field;
        var text = new StringBuilder(field.Length);
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length && IsOctal(field[i + 1]) && IsOctal(field[i + 2]) && IsOctal(field[i + 3]))
            {
                text.Append((char)(((field[i + 1] - '0') << 6 | (field[i + 2] - '0') << 3 | (field[i + 3] - '0')) & 0xff));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }

        return text.ToString();

        static bool IsOctal(char c) => c is >= '0' and <= '7';
    }
}
