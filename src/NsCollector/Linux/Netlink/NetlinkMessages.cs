using System.Runtime.InteropServices;

namespace NsCollector.Linux.Netlink;

/// <summary>The messages of an answer, one after the other. A message that is longer than the rest ends them.</summary>
internal ref struct NetlinkMessages(ReadOnlySpan<byte> bytes)
{
    private const int HeaderBytes = 16;

    private readonly int _length = bytes.Length;
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Where the message begins in the answer.</summary>
    public int Offset { get; private set; }

    /// <summary>nlmsg_type.</summary>
    public ushort Type { get; private set; }

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>Moves to the next message.</summary>
    /// <returns>False at the end.</returns>
    public bool MoveNext()
    {
        if (_rest.Length < HeaderBytes) return false;
        uint length = MemoryMarshal.Read<uint>(_rest);
        if (length < HeaderBytes || length > (uint)_rest.Length) return false;
        Offset = _length - _rest.Length;
        Type = MemoryMarshal.Read<ushort>(_rest[4..]);
        Payload = _rest[HeaderBytes..(int)length];
        _rest = _rest[Math.Min(((int)length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
