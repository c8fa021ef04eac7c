using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using NsCollector.Serve.Http;

namespace NsCollector.Serve.Cadvisor;

/// <summary>Which samples of a container a request asks for.</summary>
/// <param name="Most">How many, the newest of those in the range; negative for all.</param>
/// <param name="FromNs">Time of the oldest, in nanoseconds since the epoch; inclusive.</param>
/// <param name="ToNs">Time of the newest; inclusive.</param>
internal readonly record struct StatsRange(int Most, long FromNs, long ToNs)
{
    /// <summary>Maximum length of a body. cAdvisor's client sends less than 150 bytes.</summary>
    internal const int MaxBodyBytes = 4096;

    // The defaults of both versions.
    private const int DefaultV1 = 60, DefaultV2 = 64;

    /// <summary>The parameter <c>count</c> of v2.</summary>
    internal static StatsRange OfQuery(RequestQuery query)
    {
        int most = DefaultV2;
        if (query["count"] is { Length: > 0 } count)
        {
            if (!int.TryParse(count, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out most))
                throw new CadvisorException("failed to parse 'count' option: " + count);
            if (most < -1) throw new CadvisorException($"invalid 'count' option: only -1 and larger values allowed, not {most}");
        }

        return new StatsRange(most, long.MinValue, long.MaxValue);
    }

    /// <summary>The body of a POST of v1: a ContainerInfoRequest (info/v1/container.go). Without one, the default.</summary>
    internal static async Task<StatsRange> OfBody(IHttpRequestFeature request, CancellationToken cancellation)
    {
        if (request.Method != "POST") return new StatsRange(DefaultV1, long.MinValue, long.MaxValue);
        byte[] body = new byte[MaxBodyBytes];
        int length = 0;

        // The server refuses a longer one.
        while (length < body.Length && await request.Body.ReadAsync(body.AsMemory(length), cancellation).ConfigureAwait(false) is > 0 and int read) length += read;
        return Parse(body.AsSpan(0, length));
    }

    /// <summary>Parses a body.</summary>
    internal static StatsRange Parse(ReadOnlySpan<byte> body)
    {
        var range = new StatsRange(DefaultV1, long.MinValue, long.MaxValue);
        if (body.Trim(" \t\r\n"u8).IsEmpty) return range;
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 8 });
            if (!reader.Read() || reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.Null)) throw Refused("it is no object");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string key = reader.GetString() ?? "";
                reader.Read();
                if (key == "num_stats" && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int most)) range = range with { Most = most };
                else if (key == "start" && reader.TokenType == JsonTokenType.String) range = range with { FromNs = Time(ref reader) ?? long.MinValue };
                else if (key == "end" && reader.TokenType == JsonTokenType.String) range = range with { ToNs = Time(ref reader) ?? long.MaxValue };
                else if (key is "num_stats" or "start" or "end" && reader.TokenType != JsonTokenType.Null) throw Refused($"{key} is of another type");
                reader.Skip();
            }

            return range;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The message of the exception is not in the native program.
            throw Refused("it is not valid JSON");
        }
    }

    private static long? Time(ref Utf8JsonReader reader) =>
        GoText.TryParseTime(reader.GetString() ?? "", out long? ns) ? ns : throw Refused("a time is not in the form of RFC 3339");

    private static CadvisorException Refused(string reason) => new("unable to decode the json value: " + reason);
}
