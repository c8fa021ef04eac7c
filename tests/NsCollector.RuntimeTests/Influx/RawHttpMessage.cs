using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>What stands before the body of an HTTP/1.1 message.</summary>
/// <param name="StartLine">The request line or the status line.</param>
/// <param name="Headers">In their order.</param>
internal sealed record RawHttpMessage(string StartLine, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>Of a request: its method.</summary>
    public string Method => StartLine.Split(' ')[0];

    /// <summary>Of a request: its path.</summary>
    public string Path => Target.Split('?')[0];

    /// <summary>Of a request: the parameters of its query, decoded; one that comes twice is an error.</summary>
    public Dictionary<string, string> Query => Target.Split('?', 2) is [_, { Length: > 0 } query]
        ? query.Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => Uri.UnescapeDataString(pair[0]), pair => Uri.UnescapeDataString(pair[1]))
        : [];

    /// <summary>Of an answer: its status.</summary>
    public int Status => int.Parse(StartLine.Split(' ')[1], CultureInfo.InvariantCulture);

    private string Target => StartLine.Split(' ')[1];

    /// <summary>A header; null if it is not there.</summary>
    public string? Header(string name) => Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>The lines of a body of this message, decompressed.</summary>
    public string[] Lines(byte[] body)
    {
        if (Header("Content-Encoding") == "gzip")
        {
            using var decompressed = new MemoryStream();
            using (var gzip = new GZipStream(new MemoryStream(body), CompressionMode.Decompress))
                gzip.CopyTo(decompressed);
            body = decompressed.ToArray();
        }

        // What is no UTF-8 is an error here.
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
