using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NsCollector.Deliver.Http;

/// <summary>
/// The hosts that <c>no_proxy</c> excludes from the proxy, in the forms that Go's programs and curl accept:
/// <c>*</c>, a name (with its subdomains), a name with a leading dot or <c>*.</c> (its subdomains), an address with or
/// without brackets, a network (<c>127.0.0.0/8</c>), and a name or address followed by a port.
/// </summary>
/// <remarks>Source: golang.org/x/net/http/httpproxy. Entries that have none of these forms match nothing.</remarks>
internal sealed class NoProxyList
{
    private readonly List<Entry> _entries = [];
    private readonly bool _matchesAll;

    /// <param name="text">The variable's value: entries separated by commas.</param>
    internal NoProxyList(string text)
    {
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "*") _matchesAll = true;
            else if (Parse(part) is { } entry) _entries.Add(entry);
        }
    }

    /// <summary>Whether requests to this URL go to the server directly.</summary>
    internal bool Matches(Uri url)
    {
        if (_matchesAll) return true;
        string host = url.IdnHost.TrimEnd('.');
        // A scope (fe80::1%eth0) is not part of what an entry names.
        IPAddress? address = IPAddress.TryParse(host.Split('%')[0], out IPAddress? parsed) ? Unmapped(parsed) : null;
        foreach (Entry entry in _entries)
        {
            if (entry.Port is { } port && port != url.Port) continue;
            if (address is null ? entry.MatchesName(host) : entry.MatchesAddress(address)) return true;
        }
        return false;
    }

    private static Entry? Parse(string part)
    {
        int slash = part.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0) return ParseNetwork(part[..slash], part[(slash + 1)..]);
        if (Address(part) is { } whole) return new Entry("", Unmapped(whole), null, null);

        ushort? port = null;
        int colon = part.LastIndexOf(':');
        if (colon >= 0)
        {
            if (!ushort.TryParse(part.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)) return null;
            port = number;
            part = part[..colon];
            if (Address(part) is { } address) return new Entry("", Unmapped(address), null, port);
        }

        if (part.StartsWith("*.", StringComparison.Ordinal)) part = part[1..];
        part = part.TrimEnd('.');
        return part.Length == 0 || part.Contains(':', StringComparison.Ordinal) ? null : new Entry(Ascii(part), null, null, port);
    }

    private static Entry? ParseNetwork(string addressText, string prefixText)
    {
        if (Address(addressText) is not { } address) return null;
        if (!byte.TryParse(prefixText, NumberStyles.None, CultureInfo.InvariantCulture, out byte bits) || bits > address.GetAddressBytes().Length * 8) return null;
        return new Entry("", Unmapped(address), address.IsIPv4MappedToIPv6 ? Math.Max(0, bits - 96) : bits, null);
    }

    // IPAddress also accepts "1" and "0x7f.1", which are names to Go and curl.
    private static IPAddress? Address(string text)
    {
        if (text is ['[', .., ']']) text = text[1..^1];
        if (!IPAddress.TryParse(text, out IPAddress? address)) return null;
        return address.AddressFamily == AddressFamily.InterNetwork && text.Count(character => character == '.') != 3 ? null : address;
    }

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static string Ascii(string name)
    {
        try
        {
            string bare = name.TrimStart('.');
            return bare.Length == name.Length ? new IdnMapping().GetAscii(name) : "." + new IdnMapping().GetAscii(bare);
        }
        catch (ArgumentException)
        {
            return name;
        }
    }

    /// <param name="Name">A name, or with a leading dot a domain; empty for an address.</param>
    /// <param name="Address">An address, or the address of a network.</param>
    /// <param name="PrefixBits">The network's length in bits; null for one address.</param>
    /// <param name="Port">The only port that is meant; null for all.</param>
    private sealed record Entry(string Name, IPAddress? Address, int? PrefixBits, int? Port)
    {
        internal bool MatchesName(string host)
        {
            if (Name.Length == 0) return false;
            if (Name[0] == '.') return host.EndsWith(Name, StringComparison.OrdinalIgnoreCase);
            return host.Equals(Name, StringComparison.OrdinalIgnoreCase) ||
                (host.Length > Name.Length && host[^(Name.Length + 1)] == '.' && host.EndsWith(Name, StringComparison.OrdinalIgnoreCase));
        }

        internal bool MatchesAddress(IPAddress address)
        {
            if (Address is null || Address.AddressFamily != address.AddressFamily) return false;
            byte[] own = Address.GetAddressBytes();
            byte[] other = address.GetAddressBytes();
            int bits = PrefixBits ?? own.Length * 8;
            for (int i = 0; i < own.Length && bits > 0; i++, bits -= 8)
            {
                int mask = bits >= 8 ? 0xFF : 0xFF << (8 - bits) & 0xFF;
                if (((own[i] ^ other[i]) & mask) != 0) return false;
            }
            return true;
        }
    }
}
