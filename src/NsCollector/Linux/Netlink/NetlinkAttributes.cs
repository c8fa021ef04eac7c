using System.Runtime.InteropServices;

namespace NsCollector.Linux.Netlink;

/// <summary>
/// The attributes of a message, or those nested in another one, one after the other. An attribute that is longer than the rest ends
/// them. Whether all were well-formed is not reported: what a malformed message lacks is absent.
/// </summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private const int HeaderBytes = 4;

    // NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER.
    private const ushort TypeMask = 0x3fff;

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>nla_type without its flags.</summary>
    public ushort Type { get; private set; }

    /// <summary>The value, which may be shorter than its type says.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The attributes of a payload that begins with a structure.</summary>
    /// <param name="payload">The payload of a message.</param>
    /// <param name="structureBytes">The length of the structure, a multiple of 4.</param>
    public static NetlinkAttributes After(ReadOnlySpan<byte> payload, int structureBytes) =>
        new(payload[Math.Min(structureBytes, payload.Length)..]);

    /// <summary>Moves to the next attribute.</summary>
    /// <returns>False at the end.</returns>
    public bool MoveNext()
    {
        if (_rest.Length < HeaderBytes) return false;
        int length = MemoryMarshal.Read<ushort>(_rest);
        if (length < HeaderBytes || length > _rest.Length) return false;
        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & TypeMask);
        Value = _rest[HeaderBytes..length];
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }
}
