using System.Text;

namespace NsCollector.Encode.Telegraf;

/// <summary>The fields of one of Telegraf's measurements that an output shows. Used by one thread; allocates nothing after it was created.</summary>
/// <param name="measurement">The measurement.</param>
/// <param name="shown">The names of the fields that are shown.</param>
internal sealed class TelegrafFilter(string measurement, IEnumerable<string> shown)
{
    private readonly byte[][] _shown = [.. shown.Select(name => Encoding.ASCII.GetBytes(name + "="))];
    private int _next;

    /// <summary>The measurement, in ASCII.</summary>
    internal byte[] Measurement { get; } = Encoding.ASCII.GetBytes(measurement);

    /// <summary>Whether no field is shown.</summary>
    internal bool IsEmpty => _shown.Length == 0;

    /// <summary>Whether a field is shown.</summary>
    /// <param name="nameEquals">Its name with an equals sign.</param>
    internal bool Shows(scoped ReadOnlySpan<byte> nameEquals)
    {
        // Points have their fields in the same order.
        for (int i = 0; i < _shown.Length; i++)
        {
            int index = _next + i < _shown.Length ? _next + i : _next + i - _shown.Length;
            if (!nameEquals.SequenceEqual(_shown[index])) continue;
            _next = index + 1 == _shown.Length ? 0 : index + 1;
            return true;
        }

        return false;
    }
}
