using System.Text;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Influx.Http;

namespace NsCollector.RuntimeTests.Influx.Answers;

/// <summary>Responses of VictoriaMetrics that differ from InfluxDB's, and how the agent interprets them.</summary>
public sealed class VictoriaMetricsResponseTests
{
    [RequiresFact("victoria-metrics")]
    public void Both_interfaces_work_behind_a_path_and_version_3_is_missing()
    {
        using VictoriaServer server = new();
        foreach (string path in new[] { "", "/influx" })
        {
            foreach (InfluxVersion version in new[] { InfluxVersion.V1, InfluxVersion.V2 })
            {
                using InfluxClient client = Client(server.Url + path, version);
                Assert.Equal(AnswerKind.Taken, Write(client, "m f=1 1700000000000000000\n").Kind);
                Assert.Equal(AnswerKind.Taken, Write(client, "bad line\nm f=2 1700000001000000000\n").Kind);
                Assert.Equal(AnswerKind.Taken, client.WriteNothing(default).Kind);
            }
        }

        using InfluxClient third = Client(server.Url, InfluxVersion.V3);
        Assert.Equal(AnswerKind.NotADatabase, Write(third, "m f=1 1\n").Kind);
        using InfluxClient first = Client(server.Url, InfluxVersion.V1);
        Assert.Equal(AnswerKind.Taken, first.Ping(default).Kind);
        Assert.Equal(AnswerKind.Taken, first.CreateDatabase(default).Kind);
        ServerAnswer answer = first.Write("m f=1 1\n"u8.ToArray(), isGzip: true, static () => default, default);
        Assert.Equal((AnswerKind.RequestRefused, 400), (answer.Kind, answer.Status));
    }

    private static InfluxClient Client(string url, InfluxVersion version) => new(
        new InfluxSinkOptions { Name = "a", Url = url, Version = version, Database = "d", Organisation = "o", Bucket = "b" },
        TimeProvider.System);

    private static ServerAnswer Write(InfluxClient client, string lines)
    {
        byte[] body = Encoding.UTF8.GetBytes(lines);
        return client.Write(body, false, () => body, default);
    }
}
