using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Docker.Containers;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Serve.Docker.Containers;

public sealed class DockerInspectTests
{
    private static readonly string[] Values = ["null", "-1", "1e400", "\"\\u2028\\\"\"", "[[1]]", "{\"a\":{\"b\":[null]}}"];

    [Fact]
    public void File_that_is_cut_anywhere_is_not_used()
    {
        byte[] text = Encoding.UTF8.GetBytes(Config().ToJsonString());
        for (int length = 0; length < text.Length; length += 13) Assert.Null(StateDocuments.Parse(text[..length]));
        Assert.NotNull(StateDocuments.Parse(text));
    }

    [Fact]
    public void Member_of_any_other_kind_gives_an_answer_of_valid_JSON()
    {
        int written = 0;
        foreach (string[] path in Paths(Config(), []))
        {
            foreach (string value in Values)
            {
                JsonObject config = Config();
                Set(config, path, JsonNode.Parse(value));
                using JsonDocument document = StateDocuments.Parse(Encoding.UTF8.GetBytes(config.ToJsonString()))!;
                using JsonDocument answer = JsonDocument.Parse(Write(new StateElement(document.RootElement)));
                Assert.Equal(2, answer.RootElement.GetArrayLength());
                written++;
            }
        }

        // Every member of the file with every kind.
        Assert.InRange(written, 100 * Values.Length, int.MaxValue);
    }

    // The container in the list, and inspect.
    private static byte[] Write(StateElement config)
    {
        ContainerDetails details = DockerDetails.Of(config, config["Config"]);
        var entry = new InventoryEntry(new DockerContainer(new string('a', 64), "web", details.State, null), details, null);
        var list = new InventoryList([entry]);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartArray();
            new ListEntryWriter(writer, list.Links, 56, 0).Write(entry, ImageReferences.None.ShownImage(entry), null);
            writer.WriteStartObject();
            var request = new InspectRequest(entry, 41, true, null, []);
            new DockerInspect("/docker", config, config["Config"], request).Write(writer, GraphDriverPaths.Read("/nonexistent", "aa", config, Documents()));
            writer.WriteEndObject();
            writer.WriteEndArray();
        }

        return stream.ToArray();
    }

    private static StateDocuments Documents() =>
        new(1 << 20, new AgentCounters(), new RateLimitedLog(NullLogger.Instance));

    private static JsonObject Config() =>
        (JsonObject)JsonNode.Parse(RecordedDocker.Resource("20.10-more.jsonl").Split('\n').First(line => line.Contains("18080", StringComparison.Ordinal)))!["config"]!;

    private static IEnumerable<string[]> Paths(JsonObject from, string[] path) =>
        from.SelectMany(member => member.Value is JsonObject child ? Paths(child, [.. path, member.Key]).Prepend([.. path, member.Key]) : [[.. path, member.Key]]);

    private static void Set(JsonObject config, string[] path, JsonNode? value)
    {
        foreach (string key in path[..^1]) config = (JsonObject)config[key]!;
        config[path[^1]] = value;
    }
}
