using System.IO.Pipelines;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Http;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Serve.Docker;

/// <summary>Versions, paths, methods and errors, over a unix socket.</summary>
public sealed class DockerRequestsTests : IDisposable
{
    private readonly DockerApiServer _server;
    private readonly EchoEndpoint _echo = new();

    public DockerRequestsTests() => _server = new DockerApiServer(
        [
            new("/_ping", new PingEndpoint(), AllowsHead: true),
            new("/echo/*/json", _echo),
            new("/echo", _echo),
            new("/endless", new EndlessEndpoint()),
            new("/broken", new BrokenEndpoint()),
            .. DockerRoutes.NotAnswered,
        ],
        TimeSpan.FromSeconds(1));

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData("/echo", 200)]
    [InlineData("/v1.24/echo", 200)]
    [InlineData("/v1.41/echo", 200)]
    [InlineData("/v1.56/echo", 200)]
    [InlineData("/v1.57/echo", 400, "client version 1.57 is too new. Maximum supported API version is 1.56")]
    [InlineData("/v9.99/echo", 400, "client version 9.99 is too new. Maximum supported API version is 1.56")]
    [InlineData("/v99999999999999/echo", 400, "client version 99999999999999 is too new. Maximum supported API version is 1.56")]
    [InlineData("/v1.23/echo", 400, "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version")]
    [InlineData("/v1/echo", 400, "client version 1 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version")]
    [InlineData("/v0.99/echo", 400, "client version 0.99 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version")]
    [InlineData("/vx/echo", 404, "page not found")]
    [InlineData("/nothing", 404, "page not found")]
    [InlineData("/", 404, "page not found")]
    [InlineData("/v1.41", 404, "page not found")]
    [InlineData("/echo/json", 404, "page not found")]
    [InlineData("/echo//json", 404, "page not found")]
    [InlineData("/echo/a/b/json", 404, "page not found")]
    [InlineData("/v1.41/echo//web/json", 200)]
    [InlineData("/v1.41/containers/x/logs?stdout=1", 501, "logs is not implemented by this API of NsCollector")]
    [InlineData("/nodes", 503, "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.")]
    public async Task Path_and_version_decide_the_status(string path, int status, string? message = null)
    {
        (int answered, string body) = await _server.Get(path);
        Assert.Equal((status, message), (answered, message is null ? null : JsonDocument.Parse(body).RootElement.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task Headers_are_those_of_a_daemon()
    {
        using HttpResponseMessage answer = await _server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/_ping"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("1.56", Assert.Single(answer.Headers.GetValues("Api-Version")));
        Assert.Equal("linux", Assert.Single(answer.Headers.GetValues("Ostype")));
        Assert.Equal("false", Assert.Single(answer.Headers.GetValues("Docker-Experimental")));
        Assert.Equal("NsCollector/1.2 (linux)", answer.Headers.Server.ToString());
        Assert.Equal((200, "OK"), await _server.Get("/_ping"));

        // dockerd answers HEAD for this path only.
        using HttpResponseMessage other = await _server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/echo"));
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    public async Task Request_that_would_change_something_is_refused_unread(string method)
    {
        string answer = await _server.Exchange($"{method} /v1.41/containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403", answer, StringComparison.Ordinal);
        Assert.Contains("\"message\":\"this API of NsCollector is read only", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/echo/..%2f..%2fetc/json", "..%2f..%2fetc", "")]
    [InlineData("/echo/a%22%7d/json?x=%22%0a&x=2&y&=z", "a\"}", "x=\"\n y= =z")]
    [InlineData("/echo/a/json?a=b+c%2Bd&e=%ff%zz", "a", "a=b c+d e=%ff%zz")]
    public async Task Hostile_reference_and_query_arrive_decoded(string path, string reference, string query)
    {
        string answer = await _server.Exchange($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        RequestQuery received = _echo.Last!.Query;
        string[] keys = [.. ((string[])["a", "e", "x", "y", ""]).Where(key => received.TryGet(key, out _))];
        Assert.Equal((reference, query), (_echo.Last.Reference, string.Join(' ', keys.Select(key => $"{key}={received[key]}"))));
    }

    [Theory]
    [InlineData("GET /echo HTTP/1.1\r\n\r\n", "400")]
    [InlineData("nonsense\r\n\r\n", "400")]
    [InlineData("GET /echo\0 HTTP/1.1\r\nHost: x\r\n\r\n", "400")]
    public async Task Malformed_request_gets_its_status(string request, string status) =>
        Assert.StartsWith("HTTP/1.1 " + status, await _server.Exchange(request), StringComparison.Ordinal);

    [Fact]
    public async Task Slow_or_failing_answer_is_ended_and_counted()
    {
        // A client of .NET would send the request again.
        Assert.Equal("", await _server.Exchange("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n"));
        Eventually.True(() => _server.Counters[AgentCounter.DockerApiErrors] == 1, "the timeout is counted");
        Assert.Equal("", await _server.Exchange("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n"));
        Eventually.True(() => _server.Counters[AgentCounter.DockerApiErrors] == 2, "the defect is counted");
        Assert.Equal(200, (await _server.Get("/echo")).Status);
    }

    [Fact]
    public async Task Hanging_file_blocks_a_limited_number_of_requests_and_no_others()
    {
        using var hanging = new HangingEndpoint();
        using var server = new DockerApiServer(
            [new("/files", hanging, MayBlock: true), new("/_ping", new PingEndpoint())], TimeSpan.FromSeconds(1), maxBlocking: 1);
        Task<string> first = server.Exchange("GET /files HTTP/1.1\r\nHost: x\r\n\r\n");
        Eventually.True(() => hanging.Calls == 1, "the first request hangs");
        Assert.Equal(503, (await server.Get("/files")).Status);
        Assert.Equal(200, (await server.Get("/_ping")).Status);
        Assert.Equal(1, hanging.Calls);
        hanging.End();
        await first;
        Eventually.True(() => server.Get("/files").GetAwaiter().GetResult().Status == 200, "it is answered again");
    }

    [Fact]
    public async Task Client_that_does_not_read_a_list_costs_a_part_of_it()
    {
        const int Elements = 2000;
        int written = 0;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 64 << 10, resumeWriterThreshold: 32 << 10));
        var response = new DockerResponse(new HttpResponseFeature(), pipe.Writer);
        Task sending = response.SendArray(
            Enumerable.Range(0, Elements),
            (writer, number) =>
            {
                written++;
                writer.WriteStringValue(new string('x', 1000));
            },
            CancellationToken.None);
        Assert.False(sending.IsCompleted);
        Assert.InRange(written, 1, 200);
        Task<JsonDocument> reading = JsonDocument.ParseAsync(pipe.Reader.AsStream());
        await sending;
        await pipe.Writer.CompleteAsync();
        Assert.Equal(Elements, (await reading).RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("x=0", false)]
    [InlineData("x=False", false)]
    [InlineData("x=none", false)]
    [InlineData("x=1", true)]
    [InlineData("x=true", true)]
    [InlineData("x=anything", true)]
    public void Switch_is_read_as_by_dockerd(string query, bool isSet) =>
        Assert.Equal(isSet, new DockerRequest(41, "", new RequestQuery(query)).IsSet("x"));

    [Theory]
    [InlineData("{\"type\":{\"container\":true,\"network\":false}}", "container")]
    [InlineData("{\"type\":[\"container\"]}", "container")]
    [InlineData("{}", "")]
    [InlineData("", "")]
    [InlineData("{x", null)]
    [InlineData("[]", null)]
    [InlineData("{\"type\":1}", null)]
    [InlineData("{\"type\":[1]}", null)]
    [InlineData("{\"type\":{\"a\":{\"b\":{\"c\":{}}}}}", null)]
    public void Filters_are_parsed_in_both_forms(string text, string? values)
    {
        bool isValid = DockerFilters.TryParse(new DockerRequest(41, "", new RequestQuery("filters=" + Uri.EscapeDataString(text))), out DockerFilters? filters);
        Assert.Equal(values is not null, isValid);
        if (isValid) Assert.Equal(values, string.Join(',', filters!.Of("type")));
    }

    // Without metacharacters a value needs no regular expression, so any number of them are found where they occur.
    [Theory]
    [InlineData("w.b", 8, true)]
    [InlineData("w.b", 9, false)]
    [InlineData("we", 1000, true)]
    [InlineData("nosuch", 1000, false)]
    public void Filter_tries_only_eight_regular_expressions(string last, int values, bool matches)
    {
        IEnumerable<string> others = Enumerable.Range(1, values - 1).Select(i => last.Contains('.', StringComparison.Ordinal) ? $"x.{i}" : $"x{i}");
        string text = "{\"name\":[" + string.Join(',', others.Append(last).Select(value => $"\"{value}\"")) + "]}";
        Assert.True(DockerFilters.TryParse(new DockerRequest(41, "", new RequestQuery("filters=" + Uri.EscapeDataString(text))), out DockerFilters? filters));
        Assert.Equal(matches, filters.Matches("name", "web"));
        Assert.Equal(matches, filters.Matches("name", "web"));
    }

    private sealed class EchoEndpoint : IDockerEndpoint
    {
        public DockerRequest? Last { get; private set; }

        public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
        {
            Last = request;
            return response.Send(writer => writer.WriteStringValue("x"), cancellation);
        }
    }

    private sealed class EndlessEndpoint : IDockerEndpoint
    {
        public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation);
    }

    private sealed class HangingEndpoint : IDockerEndpoint, IDisposable
    {
        private readonly ManualResetEventSlim _end = new();
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public void End() => _end.Set();

        public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _calls);
            _end.Wait(CancellationToken.None);
            return response.Send(writer => writer.WriteStringValue("x"), cancellation);
        }

        public void Dispose() => _end.Dispose();
    }

    private sealed class BrokenEndpoint : IDockerEndpoint
    {
        public Task Answer(DockerRequest request, DockerResponse response, CancellationToken cancellation) => throw new InvalidOperationException();
    }
}
