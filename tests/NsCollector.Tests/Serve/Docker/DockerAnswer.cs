using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Http;

namespace NsCollector.Tests.Serve.Docker;

/// <summary>The answer of an endpoint of Docker's API.</summary>
internal sealed record DockerAnswer(int Status, JsonNode Body)
{
    internal JsonArray List => Body.AsArray();

    /// <summary>The message of an error.</summary>
    internal string Message => (string)Body["message"]!;

    /// <summary>Asks an endpoint.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="api">The minor version of the API.</param>
    /// <param name="reference">The container.</param>
    /// <param name="query">The query's parameters.</param>
    internal static async Task<DockerAnswer> Of(IDockerEndpoint endpoint, int api, string reference = "", params (string Key, string Value)[] query)
    {
        var head = new HttpResponseFeature();
        using var stream = new MemoryStream();
        PipeWriter body = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        var request = new DockerRequest(api, reference, new RequestQuery(string.Join('&', query.Select(one => $"{one.Key}={Uri.EscapeDataString(one.Value)}"))));
        await endpoint.Answer(request, new DockerResponse(head, body), CancellationToken.None);
        await body.CompleteAsync();
        return new DockerAnswer(head.StatusCode, JsonNode.Parse(Encoding.UTF8.GetString(stream.ToArray()))!);
    }
}
