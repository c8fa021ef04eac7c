using NsCollector.Catalogue;

namespace NsCollector.Sample.Net;

/// <summary>Sets the readings of a file of a network namespace.</summary>
/// <returns>False if part of the text was malformed; the other readings are set.</returns>
internal delegate bool NamespaceFileParser(ReadOnlySpan<byte> text, ReadingSet readings);

/// <summary>A file read in every network namespace, into <see cref="ContainerSample.Protocols"/>.</summary>
/// <param name="Path">
/// Relative to /proc/PID and below net/, as the kernel shows it for the namespace of that process; or an absolute path, for
/// a file below /proc/sys/net, which shows the namespace of the reading thread and is absent if namespaces are not entered.
/// </param>
/// <param name="Parse">Its parser.</param>
internal sealed record NamespaceFile(string Path, NamespaceFileParser Parse)
{
    /// <summary>
    /// The readings to which it adds a part. They are absent if it exists and cannot be read, for they would be a part shown
    /// as the whole.
    /// </summary>
    internal Reading[] Completes { get; private init; } = [];

    /// <summary>Whether it belongs to <see cref="SampleOptions.Protocols"/>, which may be read less often.</summary>
    internal bool IsOfProtocols { get; private init; }

    /// <summary>Sets <see cref="ContainerSample.TcpDetail"/> as well; null without <see cref="SampleOptions.TcpDetail"/>.</summary>
    internal HeadedFileParser? DetailParser { get; private init; }

    /// <summary>Maximum bytes of its text; a longer one is a read error.</summary>
    internal int MaxBytes { get; private init; } = Limit;

    /// <summary>Maximum bytes of most texts; a longer one is a read error. The longest, netstat, has 5 to 6 KB on Linux 6.18.</summary>
    internal const int Limit = 64 * 1024;

    /// <summary>The files to read, besides net/dev, which is always read.</summary>
    internal static NamespaceFile[] For(SampleOptions options)
    {
        var files = new List<NamespaceFile>();
        if (options.Protocols)
        {
            files.Add(Headed("net/snmp", new SnmpParser(options.TcpDetail), options.TcpDetail));
            files.Add(Headed("net/netstat", new NetstatParser(options.TcpDetail), options.TcpDetail));
            files.Add(new("net/sockstat", SockstatParser.Parse) { IsOfProtocols = true });
            // IPv6, without which the figures above are those of one address family. ENOENT: this kernel has no IPv6.
            files.Add(Second("net/snmp6", new SecondFamilyParser("net/snmp6")));
            files.Add(Second("net/sockstat6", new SecondFamilyParser("net/sockstat6")));
        }

        if (options.Conntrack)
        {
            files.Add(new("/proc/sys/net/netfilter/nf_conntrack_count", static (text, readings) => ConntrackParser.Parse(text, Reading.ConntrackCount, readings)));
            files.Add(new("/proc/sys/net/netfilter/nf_conntrack_max", static (text, readings) => ConntrackParser.Parse(text, Reading.ConntrackMax, readings)));
            files.Add(new("net/stat/nf_conntrack", ConntrackStatParser.Parse) { MaxBytes = ConntrackStatParser.MaxBytes });
        }

        return [.. files];
    }

    private static NamespaceFile Headed(string path, HeadedFileParser parser, bool hasDetail) =>
        new(path, parser.Parse) { IsOfProtocols = true, DetailParser = hasDetail ? parser : null };

    private static NamespaceFile Second(string path, SecondFamilyParser parser) => new(path, parser.Parse) { Completes = parser.Readings, IsOfProtocols = true };
}
