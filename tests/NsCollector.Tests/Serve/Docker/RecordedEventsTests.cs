using System.Text.Json;
using System.Text.Json.Nodes;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Docker.Events;
using NsCollector.Telemetry;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Serve.Docker;

/// <summary>Compares events with those that dockerd 20.10 sent for the same changes of containers.</summary>
public sealed class RecordedEventsTests
{
    // docs/docker-api.md: what dockerd sends for the commands of its clients, and for its health checks.
    private static readonly string[] NotSent = ["attach", "kill", "stop", "restart", "update", "exec_create", "exec_start", "exec_die", "health_status"];

    private static readonly string[] OfOneAction = ["name", "image", "exitCode", "oldName"];

    private static readonly Dictionary<string, JsonObject> Recorded = RecordedSections.Read("Docker/v1-20.10-answers.txt")["GET /events 200 application/json"]
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject()).ToDictionary(happened => ((string)happened["Action"]!).Split(':')[0]);

    private readonly EventLog _log = new(10, new AgentCounters());

    [Theory]
    [InlineData("create")]
    [InlineData("start")]
    [InlineData("die")]
    [InlineData("oom")]
    [InlineData("pause")]
    [InlineData("unpause")]
    [InlineData("rename")]
    [InlineData("destroy")]
    public void Event_is_dockerds(string action)
    {
        JsonObject expected = Recorded[action], attributes = expected["Actor"]!["Attributes"]!.AsObject();
        KeyValuePair<string, string>[] labels = [.. attributes.Where(attribute => !OfOneAction.Contains(attribute.Key)).Select(label => KeyValuePair.Create(label.Key, (string)label.Value!))];
        string id = (string)expected["id"]!;
        var identity = new ContainerIdentity(ContainerRuntime.Docker, id, (string)attributes["name"]!, (string)attributes["image"]!, Labels: [.. labels]);
        Happen(action, new Container(1, identity, "/docker/" + id, new ProcessDirectory(-1, 20, 0)), attributes);

        long from = 0;
        var events = new List<DockerEvent>();
        _log.Read(ref from, events);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) events.Single(happened => happened.Action == action).WithLabels([.. labels]).Write(json, 41);
        JsonObject actual = JsonNode.Parse(stream.ToArray())!.AsObject();
        foreach (string time in (string[])["time", "timeNano"])
        {
            Assert.Equal(JsonValueKind.Number, actual[time]!.GetValueKind());
            actual[time] = expected[time]!.DeepClone();
        }

        Assert.Equal([], JsonDifferences.Of(expected, actual));
    }

    [Fact]
    public void Each_recorded_action_is_sent_or_listed() =>
        Assert.Equal(Recorded.Keys.Order(StringComparer.Ordinal), NotSent.Concat(["create", "start", "die", "oom", "pause", "unpause", "rename", "destroy"]).Order(StringComparer.Ordinal));

    private void Happen(string action, Container container, JsonObject attributes)
    {
        var recorder = new EventRecorder(_log, DockerId.Of);
        recorder.BeginCycle(ContainerList.Empty);
        if (action is "create" or "destroy")
        {
            var state = new DockerContainer(container.Identity.Id, container.Identity.Name!, RunState.Created, null) { HasState = true, Image = container.Identity.Image };
            var containers = new FakeContainers();
            var states = new StateEvents(containers, _log);
            states.Compare();
            containers.Containers = [state];
            states.Compare();
            containers.Containers = [];
            states.Compare();
            return;
        }

        Container first = action == "rename" ? container with { Identity = container.Identity with { Name = ((string)attributes["oldName"]!)[1..] } } : container;
        recorder.BeginCycle(new ContainerList(1, [first]));
        recorder.BeginCycle(new ContainerList(2, [container]));
        foreach (ContainerState state in (ContainerState[])[ContainerState.Running, ContainerState.Paused, ContainerState.Running])
            recorder.Accept(container, new ContainerSample { State = state, TimestampNs = 3 });
        recorder.AcceptOom(container, new OomSample { TimestampNs = 5 });
        var exit = new ExitSample { TimestampNs = 7 };
        exit.Readings.Set(Reading.ExitCode, 7);
        recorder.AcceptExit(container, exit);
    }
}
