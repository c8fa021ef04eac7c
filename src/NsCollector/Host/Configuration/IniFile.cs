using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration.Ini;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Configuration;

/// <summary>
/// Reads one INI file with the framework's provider (<see cref="IniStreamConfigurationProvider"/>).
/// </summary>
/// <remarks>
/// The provider gives values and stops at the first line that it does not understand, without its number. So the lines
/// are looked at here first, by the provider's own rules: those it would refuse are reported with their numbers and left
/// out of what it sees, and the line of every key is kept for later messages.
/// </remarks>
internal static class IniFile
{
    /// <summary>The largest file that is read, in bytes.</summary>
    internal const int MaxBytes = 1024 * 1024;

    /// <summary>What a file held.</summary>
    /// <param name="Entries">Its keys, in the order of their lines.</param>
    /// <param name="Sections">Its section headers with where they stand, also of sections without a key.</param>
    internal sealed record Content(ImmutableArray<ConfigurationEntry> Entries, ImmutableArray<(string Section, string Origin)> Sections);

    /// <summary>Reads a file; whatever is wrong with it becomes an error.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mayBeAbsent">Whether a file that is not there is right too.</param>
    /// <param name="errors">Where errors go.</param>
    /// <returns>The content, or null where the file is absent or cannot be read.</returns>
    internal static Content? Read(string path, bool mayBeAbsent, ConfigurationErrors errors)
    {
        string? problem;
        byte[] bytes = [];
        try
        {
            problem = ReadBytes(path, mayBeAbsent, out bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = exception is UnauthorizedAccessException
                ? $"this user may not read it (it must be readable by the user that runs nscollector)"
                : "it cannot be read: " + Printable.Text(exception.Message);
        }

        if (problem is not null)
        {
            if (problem.Length > 0) errors.Add(path, null, null, problem);
            return null;
        }

        if (Array.IndexOf(bytes, (byte)0) is var nul and >= 0)
        {
            errors.Add(path, null, null, string.Create(CultureInfo.InvariantCulture, $"it is not a text file (a NUL byte at offset {nul}); UTF-8 text is wanted"));
            return null;
        }

        ReadOnlySpan<byte> text = bytes;
        if (text.StartsWith("\uFEFF"u8)) text = text[3..];
        try
        {
            return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text), path, errors);
        }
        catch (DecoderFallbackException)
        {
            errors.Add(path, null, null, "it is not UTF-8 text");
            return null;
        }
    }

    /// <summary>Takes the text of a file apart. Never throws, whatever the text is.</summary>
    internal static Content Parse(string text, string path, ConfigurationErrors errors)
    {
        List<(string Section, string Key, string Flat, int Line)> keys = [];
        List<(string, string)> sections = [];
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        StringBuilder understood = new(text.Length);
        string section = "";
        using StringReader reader = new(text);
        for (int number = 1; reader.ReadLine() is { } raw; number++)
        {
            string line = raw.Trim();
            if (line.Length > 0 && line[0] is not (';' or '#' or '/'))
            {
                string origin = string.Create(CultureInfo.InvariantCulture, $"{path}:{number}");
                int separator = line.IndexOf('=', StringComparison.Ordinal);
                if (line[0] == '[' && line[^1] == ']')
                {
                    section = line[1..^1].Trim();
                    sections.Add((section, origin));
                }
                else if (line[0] == '[')
                {
                    errors.Add(origin, null, null, $"{Printable.Text(line)}: a section header stands alone on its line, and ends in ]; so do comments");
                    continue;
                }
                else if (separator < 0)
                {
                    string shown = SecretText.IsNamedBy(line) || SecretText.IsInUrl(line) ? "(not shown, as it may hold a secret)" : Printable.Text(line);
                    errors.Add(origin, null, null, $"{shown}: this is neither [section] nor key = value nor a comment (# at the start of a line)");
                    continue;
                }
                else if (line[..separator].Trim() is var key && key.Length == 0)
                {
                    errors.Add(origin, null, null, $"{Printable.Text(line)}: the key before = is missing");
                    continue;
                }
                else
                {
                    // A file that ends a section's name with a colon would otherwise collide with another's key.
                    string flat = section.Length == 0 ? key : section + ":" + key;
                    if (!seen.Add(flat))
                    {
                        errors.Add(origin, Describe(section, key), null, "this key stands twice in this file; keep one");
                        continue;
                    }

                    keys.Add((section, key, flat, number));
                }
            }

            understood.Append(line).Append('\n');
        }

        IDictionary<string, string?> values;
        try
        {
            using MemoryStream stream = new(Encoding.UTF8.GetBytes(understood.ToString()));
            values = IniStreamConfigurationProvider.Read(stream);
        }
        catch (FormatException exception)
        {
            errors.Add(path, null, null, Printable.Text(exception.Message));
            return new Content([], []);
        }

        List<ConfigurationEntry> entries = new(keys.Count);
        foreach ((string keySection, string key, string flat, int line) in keys)
        {
            if (values.TryGetValue(flat, out string? value))
            {
                entries.Add(new ConfigurationEntry(string.Create(CultureInfo.InvariantCulture, $"{path}:{line}"), keySection, key, value ?? ""));
            }
        }

        return new Content([.. entries], [.. sections]);
    }

    /// <summary>A key as messages name it.</summary>
    internal static string Describe(string section, string key) => section.Length == 0 ? key : $"[{section}] {key}";

    // Null: read. Empty: rightly absent. Else: what is wrong.
    private static string? ReadBytes(string path, bool mayBeAbsent, out byte[] bytes)
    {
        bytes = [];
        int error = Libc.Stat(path, out FileStatus status);
        if (error < 0)
        {
            bool absent = error is -Errno.ENOENT or -Errno.ENOTDIR;
            if (absent && mayBeAbsent) return "";
            return absent ? "there is no such file" : $"it cannot be read ({Errno.Name(-error)})";
        }

        // Opening a pipe waits for its other end, so only those kinds are opened that answer at once; /dev/null is a way to say "no file".
        if (status.IsDirectory) return "it is a directory; a file is wanted";
        if (!status.IsRegularFile && !status.IsCharacterDevice) return "it is not a regular file";
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        byte[] buffer = new byte[64 * 1024];
        using MemoryStream whole = new();
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            whole.Write(buffer, 0, read);
            if (whole.Length > MaxBytes) return $"it is larger than {MaxBytes} bytes, which no configuration is";
        }

        bytes = whole.ToArray();
        return null;
    }
}
