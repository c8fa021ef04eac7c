using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>The part of an HTTP/1.1 message before the body.</summary>
/// <param name="StartLine">The request line or the status line.</param>
/// <param name="Headers">In their order.</param>
internal sealed record RawHttpMessage(string StartLine, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>The method of a request.</summary>
    public string Method => StartLine.Split(' ')[0];

    /// <summary>The path of a request.</summary>
    public string Path => Target.Split('?')[0];

    /// <summary>The decoded query parameters of a request; a repeated one is an error.</summary>
    public Dictionary<string, string> Query => Target.Split('?', 2) is [_, { Length: > 0 } query]
        ? query.Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => Uri.UnescapeDataString(pair[0]), pair => Uri.UnescapeDataString(pair[1]))
        : [];

    /// <summary>The status of a response.</summary>
    public int Status => int.Parse(StartLine.Split(' ')[1], CultureInfo.InvariantCulture);

    private string Target => StartLine.Split(' ')[1];

    /// <summary>A header; null if it is absent.</summary>
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

        // Throws if the bytes are not UTF-8.
        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
