using System.Text;

namespace NsCollector.Host.Service;

/// <summary>The command line of the <c>check</c> that runs as the service: this one, with the options of the unit's ExecStart=.</summary>
internal static class ServiceArguments
{
    /// <summary>All words, beginning with the program.</summary>
    internal static string[] Of(UnitFile unit)
    {
        string[] raw = Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline")).TrimEnd('\0').Split('\0');
        string[] own = Environment.GetCommandLineArgs()[1..];

        // The words before: the program, or dotnet and its arguments. The service runs in another directory.
        return [.. raw[..^own.Length].Select(word => File.Exists(word) ? Path.GetFullPath(word) : word), .. Merge(unit, own)];
    }

    /// <summary>The words after the program.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="own">The words of this command line.</param>
    internal static List<string> Merge(UnitFile unit, string[] own)
    {
        bool hasConfig = own.Any(word => IsConfig(word, out _));
        List<string> words = ["check"];
        List<string> service = UnitWords.Split(unit.Last("ExecStart") ?? "");
        for (int i = service.IndexOf("run") + 1; i > 0 && i < service.Count; i++)
        {
            bool isConfig = IsConfig(service[i], out bool takesNext);
            if (isConfig && hasConfig) i += takesNext ? 1 : 0;
            else words.Add(service[i]);
        }

        bool isCommandSeen = false;
        for (int i = 0; i < own.Length; i++)
        {
            string word = own[i];
            if (word == "--unit") i++;
            else if (word == "check" && !isCommandSeen) isCommandSeen = true;
            else if (word is "--as-service" || word.StartsWith("--as-service=", StringComparison.Ordinal) || word.StartsWith("--unit=", StringComparison.Ordinal)) { }
            else if (IsConfig(word, out bool takesNext))
            {
                // The service runs in another directory.
                int equals = word.IndexOf('=', StringComparison.Ordinal);
                string path = takesNext ? i + 1 < own.Length ? own[++i] : "" : word[(equals + 1)..];
                words.AddRange(["--config", Path.GetFullPath(path)]);
            }
            else words.Add(word);
        }

        return words;
    }

    private static bool IsConfig(string word, out bool takesNext)
    {
        takesNext = word is "--config" or "-c";
        return takesNext || word.StartsWith("--config=", StringComparison.Ordinal) || word.StartsWith("-c=", StringComparison.Ordinal);
    }
}
