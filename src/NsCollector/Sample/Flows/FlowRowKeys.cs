using System.Text;

namespace NsCollector.Sample.Flows;

/// <summary>
/// The values of the tags <c>direction</c> and <c>port</c>. They are kept for the next interval, in bounded memory, because readers of copied
/// rows keep them.
/// </summary>
internal sealed class FlowRowKeys
{
    private const int MaxKept = 4096;

    private static readonly byte[][] Directions = [.. new[] { "unknown", "in", "out" }.Select(Encoding.ASCII.GetBytes)];

    private readonly Dictionary<int, byte[][]> _kept = [];

    /// <summary>The values for a direction and a port; 0: no port.</summary>
    internal byte[][] Of(FlowDirection direction, ushort port)
    {
        int key = (int)direction << 16 | port;
        if (_kept.TryGetValue(key, out byte[][]? values)) return values;
        if (_kept.Count == MaxKept) _kept.Clear();
        values = [Directions[(int)direction], port == 0 ? [] : Encoding.ASCII.GetBytes($"{port}")];
        _kept.Add(key, values);
        return values;
    }
}
