using System.Collections.Immutable;
using System.Text;

namespace NsCollector.Host.Service;

/// <summary>The assignments in the section [Service] of a unit and its drop-ins, in the order in which systemd reads them (systemd.syntax(7)).</summary>
internal sealed class UnitFile
{
    private readonly List<(string Key, string Value)> _assignments = [];

    /// <summary>Adds the text of the unit file, and then of each drop-in.</summary>
    internal void Add(string text)
    {
        bool isService = false;
        foreach (string line in LogicalLines(text))
        {
            if (line.StartsWith('[')) isService = line == "[Service]";
            else if (isService && line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                _assignments.Add((line[..equals].TrimEnd(), line[(equals + 1)..].Trim()));
        }
    }

    /// <summary>The last value of a key; null if there is none, or the last is empty.</summary>
    internal string? Last(string key) => All(key).LastOrDefault();

    /// <summary>The values of a key since the last empty one, which resets the list.</summary>
    internal ImmutableArray<string> All(string key)
    {
        List<string> values = [];
        foreach (string value in Raw(key))
        {
            if (value.Length == 0) values.Clear();
            else values.Add(value);
        }

        return [.. values];
    }

    /// <summary>All values of a key, also the empty ones.</summary>
    internal IEnumerable<string> Raw(string key) => _assignments.Where(assignment => assignment.Key == key).Select(assignment => assignment.Value);

    /// <summary>A switch as systemd parses it (1, yes, true, on).</summary>
    internal bool IsOn(string key) => Last(key)?.ToLowerInvariant() is "1" or "yes" or "y" or "true" or "t" or "on";

    // A backslash at the end continues a line; comments in between are skipped.
    private static IEnumerable<string> LogicalLines(string text)
    {
        StringBuilder whole = new();
        foreach (string raw in text.Split('\n'))
        {
            string line = raw.Trim();
            if (line.StartsWith('#') || line.StartsWith(';')) continue;
            bool continues = line.EndsWith('\\');
            whole.Append(continues ? line[..^1] + " " : line);
            if (continues) continue;
            if (whole.Length > 0) yield return whole.ToString();
            whole.Clear();
        }

        if (whole.Length > 0) yield return whole.ToString();
    }
}
