using System.Collections.Immutable;
using System.Text.Json;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Serve.Http;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Docker.Events;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Serve.Docker;

public sealed class EventsTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private readonly AgentCounters _counters = new();
    private readonly EventLog _log;
    private readonly EventRecorder _recorder;

    public EventsTests()
    {
        _log = new EventLog(8, _counters);
        _recorder = new EventRecorder(_log, DockerId.Of);
    }

    [Fact]
    public void Life_of_a_container_becomes_events()
    {
        Container old = NewContainer(1, "old", pid: 10), web = NewContainer(2, "web");
        _recorder.BeginCycle(new ContainerList(1, [old]));
        _recorder.BeginBirths(new ContainerList(2, [old, web]));
        web = web with { Init = new ProcessDirectory(-1, 20, 0) };
        _recorder.BeginBirths(new ContainerList(3, [old, web]));

        // The runtime's helper was seen first.
        web = web with { Init = new ProcessDirectory(-1, 21, 0) };
        _recorder.BeginCycle(new ContainerList(4, [old, web]));
        Read(web, ContainerState.Running);
        Read(web, ContainerState.Paused);
        Read(web, ContainerState.Paused);
        Read(web, ContainerState.Running);
        _recorder.AcceptOom(web, new OomSample { TimestampNs = 5 });
        var exit = new ExitSample { TimestampNs = 7 };
        exit.Readings.Set(Reading.ExitSignal, 9);
        _recorder.AcceptExit(web, exit);

        // Still listed with the process that has exited; then it starts again.
        _recorder.BeginCycle(new ContainerList(5, [old, web]));
        web = web with { Init = new ProcessDirectory(-1, 22, 0) };
        _recorder.BeginCycle(new ContainerList(6, [old, web]));

        List<DockerEvent> events = All();
        Assert.Equal(["start", "pause", "unpause", "oom", "die", "start"], events.Select(happened => happened.Action));
        Assert.All(events, happened => Assert.Equal((Id, "web", "example/web:1"), (happened.Id, happened.Name, happened.Image)));
        Assert.Equal(("137", 7), (events[4].Attributes["exitCode"], events[4].TimeNs));
    }

    [Fact]
    public void Rename_has_the_old_name()
    {
        Container web = NewContainer(1, "web", pid: 10);
        _recorder.BeginCycle(new ContainerList(1, [web]));
        _recorder.BeginCycle(new ContainerList(2, [web with { Identity = web.Identity with { Name = "shop" } }]));
        DockerEvent renamed = Assert.Single(All());
        Assert.Equal(("rename", "shop", "/web"), (renamed.Action, renamed.Name, renamed.Attributes["oldName"]));
    }

    [Fact]
    public void State_files_tell_creation_and_removal()
    {
        var created = new DockerContainer(Id, "made", RunState.Created, null) { HasState = true };
        var live = new DockerContainer(Id[1..] + "0", "seen", RunState.Running, NewContainer(1, "seen"));
        var containers = new FakeContainers();
        var states = new StateEvents(containers, _log);
        states.Compare();
        containers.Containers = [created, live];
        states.Compare();
        states.Compare();
        containers.Containers = [];
        states.Compare();
        Assert.Equal(["create made", "destroy made"], All().Select(happened => $"{happened.Action} {happened.Name}"));
    }

    [Fact]
    public void Reader_that_is_too_late_loses_events_and_they_are_counted()
    {
        long from = _log.Next;
        for (int i = 0; i < 20; i++) _log.Add(DockerEvent.Of(i, "oom", NewContainer(1, "web")));
        var events = new List<DockerEvent>();
        Task added = _log.Read(ref from, events);
        Assert.Equal(Enumerable.Range(12, 8).Select(i => (long)i), events.Select(happened => happened.TimeNs));
        Assert.Equal((20, 12), (from, _counters[AgentCounter.DockerEventsLost]));
        Assert.False(added.IsCompleted);
        _log.Add(events[0]);
        Assert.True(added.IsCompleted);
    }

    [Theory]
    [InlineData("{\"type\":{\"container\":true}}", "start die")]
    [InlineData("{\"type\":[\"network\"]}", "")]
    [InlineData("{\"event\":[\"die\",\"oom\"]}", "die")]
    [InlineData("{\"container\":[\"web\"]}", "start die")]
    [InlineData("{\"container\":[\"0123456789ab\"]}", "start die")]
    [InlineData("{\"container\":[\"\"]}", "")]
    [InlineData("{\"image\":[\"example/web\"]}", "start die")]
    [InlineData("{\"image\":[\"example/web:2\"]}", "")]
    [InlineData("{\"label\":[\"team=shop\"]}", "start die")]
    [InlineData("{\"label\":[\"team\",\"other\"]}", "")]
    [InlineData("{\"label\":[\"unselected=yes\"]}", "start die")]
    [InlineData("{\"label\":[\"name=label\"]}", "")]
    [InlineData("{\"network\":[\"x\"]}", "")]
    public async Task Past_events_are_filtered(string filters, string actions)
    {
        Container web = NewContainer(1, "web");
        _log.Add(DockerEvent.Of(1_000_000_000, "start", web));
        _log.Add(DockerEvent.Of(2_500_000_000, "die", web, new KeyValuePair<string, string>("exitCode", "3")));
        _log.Add(DockerEvent.Of(4_000_000_000, "start", web));
        using var server = new DockerApiServer([new("/events", new EventsEndpoint(_log, new StreamSlots(1), LabelsOf))]);
        (int status, string body) = await server.Get("/v1.41/events?since=1&until=3.9&filters=" + Uri.EscapeDataString(filters));
        JsonElement[] events = [.. body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal((200, actions), (status, string.Join(' ', events.Select(happened => happened.GetProperty("Action").GetString()))));
        if (actions != "die") return;
        Assert.Equal(
            """{"status":"die","id":"ID","from":"example/web:1","Type":"container","Action":"die","Actor":{"ID":"ID","Attributes":{"exitCode":"3","image":"example/web:1","name":"web","team":"shop","unselected":"yes"}},"scope":"local","time":2,"timeNano":2500000000}""",
            body.TrimEnd().Replace(Id, "ID", StringComparison.Ordinal));
    }

    // As a runtime's state files have them: with labels that discovery does not select, and that must not replace an attribute.
    private static ImmutableArray<KeyValuePair<string, string>> LabelsOf(string id) => [new("unselected", "yes"), new("name", "label")];

    [Theory]
    [InlineData("since=x")]
    [InlineData("until=1.1234567890")]
    [InlineData("since=99999999999999999999")]
    [InlineData("since=3&until=2")]
    [InlineData("filters=%7Bx")]
    public async Task Malformed_parameters_are_refused(string query)
    {
        using var server = new DockerApiServer([new("/events", new EventsEndpoint(_log, new StreamSlots(1), LabelsOf))]);
        Assert.Equal(400, (await server.Get("/events?" + query)).Status);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("0", 0L)]
    [InlineData("1.5", 1_500_000_000L)]
    public void Since_of_zero_asks_for_all_events_as_for_dockerd(string since, long? ns)
    {
        Assert.Null(EventRange.Parse(new DockerRequest(41, "", new RequestQuery("since=" + since)), out EventRange range));
        Assert.Equal(ns, range.SinceNs);
    }

    [Fact]
    public async Task Stream_sends_each_new_event_and_ends_with_the_agent()
    {
        using var server = new DockerApiServer([new("/events", new EventsEndpoint(_log, new StreamSlots(1), LabelsOf))], TimeSpan.FromMilliseconds(500));
        _log.Add(DockerEvent.Of(1, "past", NewContainer(1, "web")));
        using Stream stream = await server.Client.GetStreamAsync(new Uri("/events", UriKind.Relative));
        using var reader = new StreamReader(stream);

        // Longer than the time for one answer.
        await Task.Delay(1000);
        foreach (string action in (string[])["start", "die"])
        {
            _log.Add(DockerEvent.Of(2, action, NewContainer(1, "web")));
            string? line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(action, JsonDocument.Parse(line!).RootElement.GetProperty("Action").GetString());
        }

        Assert.Equal(503, (await server.Get("/events")).Status);
        server.Stop();
        await Assert.ThrowsAnyAsync<IOException>(async () => Assert.NotNull(await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10))));
        Assert.Equal(0, server.Counters[AgentCounter.DockerApiErrors]);
    }

    private static Container NewContainer(long key, string name, int pid = 0) => new(
        key, new ContainerIdentity(ContainerRuntime.Docker, Id, name, "example/web:1", Labels: [new("team", "shop")]), "/docker/" + Id, pid == 0 ? null : new ProcessDirectory(-1, pid, 0));

    private void Read(Container container, ContainerState state) => _recorder.Accept(container, new ContainerSample { State = state, TimestampNs = 3 });

    private List<DockerEvent> All()
    {
        long from = 0;
        var events = new List<DockerEvent>();
        _log.Read(ref from, events);
        return events;
    }
}
