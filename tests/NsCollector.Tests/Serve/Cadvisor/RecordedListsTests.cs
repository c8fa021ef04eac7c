using System.Text.Json.Nodes;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Tests.Fixtures;
using NsCollector.Tests.Serve.Docker;

namespace NsCollector.Tests.Serve.Cadvisor;

/// <summary>Compares lists, versions, events and summaries with those that cAdvisor answered about two sleeping containers.</summary>
public sealed class RecordedListsTests : IDisposable
{
    // As many samples as cAdvisor had of a minute, each a second after the other.
    private const int Samples = 61;

    private readonly CadvisorApiServer _api = new();

    public void Dispose() => _api.Dispose();

    [Theory]
    [InlineData("v1-20.10", 8)]
    [InlineData("v1-29.7", 8)]
    [InlineData("v2-26.1", 6)]
    public async Task Answers_are_those_of_cAdvisor(string version, int requests)
    {
        Dictionary<string, string> recorded = RecordedSections.Read($"Cadvisor/{version}-lists.txt");
        JsonObject listed = JsonNode.Parse(recorded["v1.3/docker/"])!.AsObject();
        JsonObject summaries = JsonNode.Parse(recorded["v2.0/summary?type=docker&recursive=true"])!.AsObject();
        Container[] containers = [.. listed.Select((one, index) => new Container(index + 1, new ContainerIdentity(ContainerRuntime.Docker, (string)one.Value!["id"]!, (string)one.Value["aliases"]![0]!), one.Key, null) { Birth = new ContainerBirth(1, 1) })];
        for (int sample = 0; sample < Samples; sample++) Cycle(containers, summaries, sample - Samples);

        Assert.Equal(requests, recorded.Count);
        List<string> differences = [];
        foreach ((string request, string text) in recorded)
        {
            JsonNode expected = JsonNode.Parse(text)!, actual = JsonNode.Parse((await _api.Get(request)).GetRawText())!;
            if (request.Contains("/version", StringComparison.Ordinal)) Assert.Equal("1.2.3", (string)actual!);
            if (!request.Contains("/events", StringComparison.Ordinal)) RemoveSamples(actual);
            if (request.Contains("/subcontainers", StringComparison.Ordinal)) expected = Sorted(expected.AsArray());
            if (request.Contains("/version", StringComparison.Ordinal)) (expected, actual) = (JsonForm.Of(expected)!, JsonForm.Of(actual)!);
            if (request.Contains("/events", StringComparison.Ordinal)) (expected, actual) = (JsonForm.Of(expected[0])!, JsonForm.Of(actual[0])!);
            if (request.Contains("/summary", StringComparison.Ordinal))
            {
                foreach ((_, JsonNode? summary) in actual.AsObject()) Assert.InRange((int)summary!["minute_usage"]!["percent_complete"]!, 97, 100);
                // cAdvisor had just been started.
                bool isNew = expected.AsObject().Any(summary => (int)summary.Value!["minute_usage"]!["memory"]!["count"]! == 0);
                RemoveCounts(expected, isNew);
                RemoveCounts(actual, isNew);
            }

            differences.AddRange(JsonDifferences.Of(expected, actual, request));
        }

        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences));
    }

    // cAdvisor lists them in the order of a hash table, which differs from answer to answer.
    private static JsonArray Sorted(JsonArray containers) => new([.. containers.OrderBy(one => (string)one!["name"]!, StringComparer.Ordinal).Select(one => one!.DeepClone())]);

    // spec and stats are compared elsewhere.
    private static void RemoveSamples(JsonNode answer)
    {
        IEnumerable<JsonNode?> objects = answer is JsonArray array ? array : answer is JsonObject map && !map.ContainsKey("name") ? map.Select(one => one.Value) : [answer];
        foreach (JsonObject one in objects.OfType<JsonObject>().Where(one => one.ContainsKey("name")))
        {
            Assert.IsType<JsonObject>(one["spec"]);
            Assert.Equal(60, Assert.IsType<JsonArray>(one["stats"]).Count);
            one.Remove("spec");
            one.Remove("stats");
        }
    }

    // How many samples there were, and how much of a window they covered, differs. cAdvisor's hour and day also include the minute in
    // which the container started, with other memory, so only their members are compared.
    private static void RemoveCounts(JsonNode summaries, bool isNew)
    {
        foreach ((_, JsonNode? summary) in summaries.AsObject())
        {
            Assert.True(summary!.AsObject().Remove("timestamp"));
            foreach (string window in (string[])["minute_usage", "hour_usage", "day_usage"])
            {
                JsonObject usage = summary[window]!.AsObject();
                Assert.InRange((int)usage["percent_complete"]!, 0, 100);
                Assert.True(usage.Remove("percent_complete"));
                if (isNew || window != "minute_usage")
                {
                    summary[window] = JsonForm.Of(usage);
                    continue;
                }

                foreach (string figure in (string[])["cpu", "memory"])
                {
                    Assert.True((int)usage[figure]!["count"]! > 0);
                    Assert.True(usage[figure]!.AsObject().Remove("count"));
                }
            }
        }
    }

    private void Cycle(Container[] containers, JsonObject summaries, int second)
    {
        var list = new ContainerList(1, [.. containers]);
        _api.Samples.BeginCycle(list);
        _api.Events.BeginCycle(list);
        var sample = new ContainerSample { TimestampNs = SystemClock.RealtimeNs() + (second * 1_000_000_000L) };
        foreach (Container container in containers)
        {
            sample.Scalars.Set(Reading.CpuUsageNs, 1);
            sample.Scalars.Set(Reading.MemoryWorkingSetBytes, (long)summaries[container.CgroupPath]!["latest_usage"]!["memory"]!);
            _api.Samples.Accept(container, sample);
        }

        foreach (string parent in (string[])["/", "/docker"])
            _api.Samples.AcceptParent(new Container(-parent.Length, new ContainerIdentity(ContainerRuntime.Docker, parent, ""), parent, null) { IsParent = true }, sample);
        _api.Samples.EndCycle(default);
    }
}
