using System.Buffers.Text;
using System.Text;
using NsCollector.Linux.Interop;

namespace NsCollector.Sample.Hardware;

/// <summary>Reads small files of procfs and sysfs. What cannot be read is null.</summary>
internal static class SmallFile
{
    private const int DefaultMaxBytes = 4096;

    /// <summary>The text of a file without space at its end.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">How much is read; the rest is left out.</param>
    internal static string? Text(string path, int maxBytes = DefaultMaxBytes)
    {
        int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"));
        if (descriptor < 0) return null;
        byte[] bytes = new byte[maxBytes];
        int length = 0;
        while (length < bytes.Length && Libc.Pread(descriptor, bytes.AsSpan(length), length) is > 0 and int read) length += read;
        Libc.Close(descriptor);
        return length > 0 ? Encoding.UTF8.GetString(bytes, 0, length).TrimEnd() : null;
    }

    /// <summary>The number at the beginning of a file.</summary>
    internal static long? Number(string path) =>
        Text(path) is { } text && Utf8Parser.TryParse(Encoding.UTF8.GetBytes(text), out long value, out _) ? value : null;

    /// <summary>The names in a directory, sorted; none if it cannot be read.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="most">How many at most.</param>
    internal static string[] Names(string directory, int most)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(directory).Take(most).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The numbers of a list of the kernel such as <c>0-3,8</c> (cpulist_parse in lib/bitmap-str.c).</summary>
    /// <param name="list">The list; null is empty.</param>
    /// <param name="most">How many numbers at most.</param>
    internal static List<int> List(string? list, int most)
    {
        List<int> numbers = [];
        foreach (string part in (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-');
            if (!int.TryParse(ends[0], out int first) || !int.TryParse(ends[^1], out int last)) continue;
            for (int number = first; number <= last && numbers.Count < most; number++) numbers.Add(number);
        }

        return numbers;
    }
}
