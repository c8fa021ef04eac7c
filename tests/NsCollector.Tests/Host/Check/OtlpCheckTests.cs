using NsCollector.Deliver.Otlp;
using NsCollector.Host.Check;
using NsCollector.Tests.Deliver.Influx;

namespace NsCollector.Tests.Host.Check;

public sealed class OtlpCheckTests
{
    [Theory]
    [InlineData("200 OK", "metrics are accepted")]
    [InlineData("404 Not Found", "check url, with its path")]
    [InlineData("401 Unauthorized", "check token_file")]
    [InlineData("400 Bad Request", "may or may not accept metrics")]
    [InlineData("503 Service Unavailable", "asks the agent to wait")]
    public void Answer_to_an_empty_request_is_reported(string status, string words)
    {
        using ScriptedServer server = ScriptedServer.Answering($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");

        Finding finding = Assert.Single(OtlpCheck.Findings(new OtlpSinkOptions { Name = "main", Url = server.Url }, TimeProvider.System));

        Assert.Contains(words, finding.ToString(), StringComparison.Ordinal);
        Assert.Empty(Assert.Single(server.Requests).Body);
    }

    [Fact]
    public void Server_that_cannot_be_reached_is_a_failure() =>
        Assert.Equal(Severity.Fail, Assert.Single(OtlpCheck.Findings(new OtlpSinkOptions { Name = "main", Url = "http://127.0.0.1:1" }, TimeProvider.System)).Severity);
}
