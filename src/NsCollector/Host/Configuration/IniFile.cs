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
/// The provider gives values and stops at the first line that it does not understand, without its number. So this
/// class checks the lines first, by the provider's rules. It reports lines that the provider would refuse with their numbers and
/// does not pass them on. It also keeps the line number of every key for later messages.
/// </remarks>
internal static class IniFile
{
    /// <summary>Maximum size of a file, in bytes.</summary>
    internal const int MaxBytes = 1024 * 1024;

    /// <summary>The content of a file.</summary>
    /// <param name="Entries">Its keys, in the order of their lines.</param>
    /// <param name="Sections">Its section headers with file and line, also of sections without a key.</param>
    internal sealed record Content(ImmutableArray<ConfigurationEntry> Entries, ImmutableArray<(string Section, string Origin)> Sections);

    /// <summary>Reads a file. Every problem becomes an error.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mayBeAbsent">Whether the file may be missing.</param>
    /// <param name="errors">Receives the errors.</param>
    /// <returns>The content, or null if the file is missing or cannot be read.</returns>
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
                ? "permission denied; make this file readable by the user that runs nscollector"
                : "cannot read this file: " + Printable.Text(exception.Message);
        }

        if (problem is not null)
        {
            if (problem.Length > 0) errors.Add(path, null, null, problem);
            return null;
        }

        if (Array.IndexOf(bytes, (byte)0) is var nul and >= 0)
        {
            errors.Add(path, null, null, string.Create(CultureInfo.InvariantCulture, $"not a text file (NUL byte at offset {nul}); expected UTF-8 text"));
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
            errors.Add(path, null, null, "not UTF-8 text; convert this file to UTF-8");
            return null;
        }
    }

    /// <summary>Parses the text of a file. Never throws, whatever the text is.</summary>
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
                    errors.Add(origin, null, null, $"{Printable.Text(line)}: a section header must end in ] and be alone on its line; put comments on their own lines");
                    continue;
                }
                else if (separator < 0)
                {
                    string shown = SecretText.NameSuggestsSecret(line) || SecretText.UrlMayHoldSecret(line) ? "(not shown, it may hold a secret)" : Printable.Text(line);
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
                    // The provider joins section and key with a colon, so [a:b] c and [a] b:c are the same key.
                    string flat = section.Length == 0 ? key : section + ":" + key;
                    if (!seen.Add(flat))
                    {
                        errors.Add(origin, ConfigurationKey.Describe(section, key), null, "this key is set twice in this file; keep one");
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

    // Null: read. Empty: missing, and may be. Else: what is wrong.
    private static string? ReadBytes(string path, bool mayBeAbsent, out byte[] bytes)
    {
        bytes = [];
        int error = Libc.Stat(path, out FileStatus status);
        if (error < 0)
        {
            bool absent = error is -Errno.ENOENT or -Errno.ENOTDIR;
            if (absent && mayBeAbsent) return "";
            return absent ? "no such file" : $"cannot read this file: {Errno.Name(-error)}";
        }

        // Opening a pipe would wait for its other end. /dev/null is a character device that means "no file".
        if (status.IsDirectory) return "this is a directory; expected a file";
        if (!status.IsRegularFile && !status.IsCharacterDevice) return "not a regular file";
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        byte[] buffer = new byte[64 * 1024];
        using MemoryStream whole = new();
        for (int read; (read = file.Read(buffer)) > 0;)
        {
            whole.Write(buffer, 0, read);
            if (whole.Length > MaxBytes) return $"larger than {MaxBytes} bytes, the maximum for a configuration file";
        }

        bytes = whole.ToArray();
        return null;
    }
}
