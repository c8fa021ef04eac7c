using System.Text;

namespace NsCollector.Deliver.Influx.Answers;

/// <summary>
/// The lines of a body by index, to find those that a server names. Fetched and parsed only on demand, because most responses
/// name none. Empty if they cannot be fetched.
/// </summary>
internal sealed class SentLines(Func<ReadOnlyMemory<byte>>? fetch)
{
    private string[]? _lines;
    private PointText?[]? _points;
    private Dictionary<string, List<int>>? _indices;

    /// <summary>The number of lines.</summary>
    internal int Count => Lines.Length;

    private string[] Lines => _lines ??= Fetch();

    /// <summary>The indexes of lines equal to the text, apart from leading space, which servers skip.</summary>
    internal IReadOnlyList<int> Find(string text)
    {
        if (_indices is null)
        {
            _indices = new Dictionary<string, List<int>>(Lines.Length, StringComparer.Ordinal);
            for (int i = 0; i < Lines.Length; i++)
            {
                string key = Lines[i].TrimStart(' ', '\t');
                if (!_indices.TryGetValue(key, out List<int>? same)) _indices[key] = same = [];
                same.Add(i);
            }
        }
        return _indices.TryGetValue(text.TrimStart(' ', '\t'), out List<int>? found) ? found : [];
    }

    /// <summary>The indexes of lines that are points and meet the condition.</summary>
    internal List<int> Where(Func<PointText, bool> condition)
    {
        _points ??= Array.ConvertAll(Lines, PointText.TryRead);
        List<int> found = [];
        for (int i = 0; i < _points.Length; i++)
            if (_points[i] is { } point && condition(point)) found.Add(i);
        return found;
    }

    private string[] Fetch()
    {
        if (fetch is null) return [];
        string text;
        try
        {
            text = Encoding.UTF8.GetString(fetch().Span);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or InvalidOperationException or ArgumentException or UnauthorizedAccessException)
        {
            return [];
        }
        if (text.EndsWith('\n')) text = text[..^1];
        return text.Length == 0 ? [] : text.Split('\n');
    }
}
