using System.Globalization;

namespace NsCollector.Deliver.Http;

/// <summary>A response as received, for <see cref="HttpTransport.ReadAnswer"/>. All its texts come from the server and are untrusted.</summary>
internal sealed record HttpAnswer
{
    /// <summary>The HTTP status.</summary>
    internal required int Status { get; init; }

    /// <summary>Content-Type; empty if there was none.</summary>
    internal string MediaType { get; init; } = "";

    /// <summary>Location, of a redirect; empty if there was none.</summary>
    internal string Location { get; init; } = "";

    /// <summary>Retry-After; empty if there was none.</summary>
    internal string RetryAfter { get; init; } = "";

    /// <summary>Date; empty if there was none.</summary>
    internal string Date { get; init; } = "";

    /// <summary>X-Influxdb-Error, in which versions 1 and 2 repeat the beginning of the error; empty if there was none.</summary>
    internal string ErrorHeader { get; init; } = "";

    /// <summary>The server's version; empty if it does not send one.</summary>
    internal string ServerVersion { get; init; } = "";

    /// <summary>The body as text; invalid UTF-8 is replaced.</summary>
    internal string Body { get; init; } = "";

    /// <summary>The body as received.</summary>
    internal byte[] Bytes { get; init; } = [];

    /// <summary>Whether the body is complete.</summary>
    internal bool IsWhole { get; init; } = true;

    /// <summary>Whether it is an HTML page, which no interface for data returns.</summary>
    // The bytes of a protocol buffer may look like the beginning of a page.
    internal bool IsHtml => MediaType.Contains("html", StringComparison.OrdinalIgnoreCase) || (!IsProtobuf && !IsJson && Body.AsSpan().TrimStart().StartsWith("<"));

    /// <summary>Whether Content-Type says that it is a protocol buffer.</summary>
    internal bool IsProtobuf => MediaType.Contains("protobuf", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether Content-Type says that it is JSON.</summary>
    internal bool IsJson => MediaType.Contains("json", StringComparison.OrdinalIgnoreCase);

    /// <summary>The reason of a redirect.</summary>
    /// <param name="secrets">Secrets that must not appear in it.</param>
    /// <param name="what">What url must be the address of.</param>
    internal string RedirectReason(IReadOnlyList<string> secrets, string what)
    {
        if (Location.Length == 0) return $"HTTP status {Status} without a Location header";

        // Only scheme, host and port: the rest can contain anything, even our secrets.
        string target = Uri.TryCreate(Location, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
            ? $"{uri.Scheme}://{uri.IdnHost}:{uri.Port.ToString(CultureInfo.InvariantCulture)}"
            : "another path on the same server";
        return OneLine.Text($"the server redirects to {target}, and the agent does not follow redirects; set url to the address of the {what}", secrets);
    }
}
