using NsCollector.Catalogue;

namespace NsCollector.Sample.Cgroup;

/// <summary>
/// Parses memory.stat. The kernel always writes its keys in the same order. So the parser remembers the key of each line and
/// only verifies it; a line that differs is looked up again. Then this large file costs little more than parsing its
/// digits. One parser serves all containers of a hierarchy.
/// </summary>
/// <remarks>
/// Treated as the same on both versions: v1 <c>total_rss</c> (anonymous pages, swap cache included) and v2 <c>anon</c>; v1
/// <c>total_cache</c> and v2 <c>file</c>, both of which include shmem. On v1 the <c>total_</c> keys include the children,
/// as every key of v2 does; a key without <c>total_</c> is used only if the file has none with it.
/// </remarks>
internal sealed class MemoryStatParser(bool isV2)
{
    // Kernel 6.18 writes 40 lines on v1 and about 70 on v2; the longest key is below 40 bytes. Lines and keys beyond these
    // limits are looked up every time.
    private const int MaxLines = 160;
    private const int KeyStride = 48;

    private const byte None = 0x7f;
    private const byte Local = 0x80;

    // The key with its space, so that one comparison verifies both.
    private readonly byte[] _keys = new byte[MaxLines * KeyStride];
    private readonly byte[] _lengths = new byte[MaxLines];
    private readonly byte[] _targets = new byte[MaxLines];
    private readonly KernelKeys _keysOfFile = KernelKeys.Of("memory.stat", isV2);

    // On v1: without total_.
    private readonly KernelKeys _localKeys = KernelKeys.Of("memory.stat", isV2).After("total_");
    private bool _hasTotals;

    /// <summary>Sets the readings of all keys.</summary>
    /// <returns>How many lines were malformed.</returns>
    internal int Parse(ReadOnlySpan<byte> text, ReadingSet into)
    {
        int malformed = 0;
        text = KernelText.WholeLines(text, ref malformed);
        int position = 0;
        for (int line = 0; position < text.Length; line++)
        {
            byte target;
            int length = line < MaxLines ? _lengths[line] : 0;
            if (length != 0 && length < text.Length - position
                && text.Slice(position, length).SequenceEqual(_keys.AsSpan(line * KeyStride, length)))
            {
                target = _targets[line];
            }
            else
            {
                length = LookUp(text[position..], line, out target);
                if (length == 0)
                {
                    malformed++;
                    position = KernelText.NextLine(text, position);
                    continue;
                }
            }

            position += length;
            if ((target & Local) != 0) target = _hasTotals ? None : (byte)(target & ~Local);
            if (target == None)
            {
                while (text[position] != KernelText.LineFeed) position++;
                position++;
                continue;
            }

            int digits = position;
            if (KernelText.TryReadUnsigned(text, ref digits, out ulong value) && text[digits] == KernelText.LineFeed)
            {
                into.SetUnsigned((Reading)target, value);
                position = digits + 1;
            }
            else
            {
                malformed++;
                position = KernelText.NextLine(text, position);
            }
        }

        return malformed;
    }

    /// <summary>Looks up the key of a line and stores it for the next text. Returns the length of the key with its space, 0 for a line without one.</summary>
    private int LookUp(ReadOnlySpan<byte> text, int line, out byte target)
    {
        target = None;
        int space = text.IndexOfAny((byte)' ', KernelText.LineFeed);
        if (space <= 0 || text[space] != ' ') return 0;
        ReadOnlySpan<byte> key = text[..space];
        if (isV2)
        {
            target = LookUp(_keysOfFile, key);
        }
        else if (key.StartsWith("total_"u8))
        {
            _hasTotals = true;
            target = LookUp(_keysOfFile, key);
        }
        else
        {
            target = LookUp(_keysOfFile, key);
            if (target == None)
            {
                target = LookUp(_localKeys, key);
                if (target != None) target |= Local;
            }
        }

        int length = space + 1;
        if (line < MaxLines && length <= KeyStride)
        {
            text[..length].CopyTo(_keys.AsSpan(line * KeyStride));
            _lengths[line] = (byte)length;
            _targets[line] = target;
        }

        return length;
    }

    private static byte LookUp(KernelKeys keys, ReadOnlySpan<byte> key)
    {
        int next = 0;
        int index = keys.Find(key, ref next);
        return index < 0 ? None : (byte)keys[index].Reading;
    }
}
