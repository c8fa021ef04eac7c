using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>
/// Adds net/snmp6 (snmp6_seq_show) and net/sockstat6 (sockstat6_seq_show, both in net/ipv6/proc.c) to the readings of their
/// IPv4 counterparts. A line is a key and its value, or a word with a colon and pairs of key and value.
/// </summary>
internal sealed class SecondFamilyParser
{
    private readonly KernelKeys _keys;
    private readonly bool[] _found;

    /// <param name="file">The file, as the catalogue names it.</param>
    internal SecondFamilyParser(string file)
    {
        _keys = KernelKeys.Of(file, isV2: true);
        _found = new bool[_keys.Count];
        Readings = [.. Enumerable.Range(0, _keys.Count).Select(index => _keys[index].Reading)];
    }

    /// <summary>The readings to which it adds a part.</summary>
    internal Reading[] Readings { get; }

    /// <summary>Adds to the readings. A reading whose part is missing or malformed becomes absent.</summary>
    /// <returns>False if a wanted line is truncated or malformed.</returns>
    internal bool Parse(ReadOnlySpan<byte> text, ReadingSet readings)
    {
        bool understood = true;
        Array.Clear(_found);
        int next = 0;
        while (TextNumber.TryLine(ref text, out ReadOnlySpan<byte> line, out bool whole))
        {
            ReadOnlySpan<byte> rest = line;
            ReadOnlySpan<byte> first = TextNumber.Word(ref rest);
            // "TCP6: inuse 1" is the key "TCP6 inuse"; the rest of the line is not in the catalogue.
            bool hasWord = first.EndsWith(":"u8);
            int index = hasWord ? FindAfter(first[..^1], TextNumber.Word(ref rest), ref next) : _keys.Find(first, ref next);
            if (index < 0) continue;
            if (!whole || _found[index] || !TextNumber.TryUnsigned(ref rest, out ulong value))
            {
                understood = false;
                continue;
            }

            _found[index] = true;
            readings.AddPart(_keys[index].Reading, value);
        }

        for (int i = 0; i < _found.Length; i++)
        {
            if (!_found[i]) readings.Remove(_keys[i].Reading);
        }

        return understood;
    }

    private int FindAfter(ReadOnlySpan<byte> word, ReadOnlySpan<byte> key, ref int next)
    {
        for (int i = 0; i < _keys.Count; i++)
        {
            ReadOnlySpan<byte> wanted = _keys[i].Key;
            if (wanted.Length != word.Length + 1 + key.Length || !wanted.StartsWith(word) || wanted[word.Length] != ' ' || !wanted.EndsWith(key)) continue;
            next = i + 1;
            return i;
        }

        return -1;
    }
}
