using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Sample.Events;
using NsCollector.Sample.History;

namespace NsCollector.Tests.Sample.History;

public sealed class EventHistoryTests
{
    private readonly EventHistory _events = new();

    [Fact]
    public void Containers_that_come_and_go_are_events()
    {
        Container early = NewContainer(1, "/docker/early"), late = NewContainer(2, "/docker/late") with { Birth = new ContainerBirth(42, 1) };
        _events.BeginCycle(new ContainerList(1, [early]));
        _events.BeginBirths(new ContainerList(2, [early, late]));
        _events.BeginCycle(new ContainerList(3, [late]));

        Assert.Equal(
            [(HistoryEventKind.Creation, "/docker/early"), (HistoryEventKind.Creation, "/docker/late"), (HistoryEventKind.Deletion, "/docker/early")],
            _events.From(0).Select(one => (one.Kind, one.CgroupPath)));
        Assert.Equal(42, _events.From(1)[0].TimestampNs);
        Assert.Equal(3, _events.Count);
    }

    [Theory]
    [InlineData("container", "CONSTRAINT_MEMCG")]
    [InlineData("ancestor", "CONSTRAINT_MEMCG")]
    [InlineData("host", "CONSTRAINT_NONE")]
    [InlineData("new word", null)]
    public void Oom_kill_is_two_events_with_the_victim(string constraint, string? word)
    {
        var oom = new OomSample();
        oom.Readings.Set(Reading.OomVictimPid, 11_560);
        oom.Texts.Add(ContainerOomFields.VictimName, "w");
        oom.Texts.Add(ContainerOomFields.Constraint, constraint);
        _events.AcceptOom(NewContainer(1, "/docker/a"), oom);

        Assert.Equal([HistoryEventKind.Oom, HistoryEventKind.OomKill], _events.From(0).Select(one => one.Kind));
        Assert.Equal((11_560L, "w", word), (_events.From(1)[0].VictimPid, _events.From(1)[0].VictimName, _events.From(1)[0].Constraint));
    }

    [Fact]
    public void Events_are_bounded_and_the_oldest_go_first()
    {
        for (int i = 0; i < EventHistory.Max; i++) _events.AcceptOom(NewContainer(i, $"/docker/{i}"), new OomSample());
        Assert.Equal(2 * EventHistory.Max, _events.Count);
        Assert.Equal(EventHistory.Max, _events.From(0).Length);
        Assert.Equal($"/docker/{EventHistory.Max / 2}", _events.From(0)[0].CgroupPath);
        Assert.Empty(_events.From(_events.Count));
    }

    [Fact]
    public void Number_of_the_next_event_belongs_to_the_events_before_it()
    {
        Assert.Empty(_events.From(0, out long next));
        Assert.Equal(0, next);
        for (int i = 0; i < EventHistory.Max; i++)
        {
            _events.AcceptOom(NewContainer(i, "/docker/a"), new OomSample { TimestampNs = i });
            if (i % 400 != 0) continue;
            long before = next;
            Assert.Equal(Math.Min(_events.Count - before, EventHistory.Max), _events.From(before, out next).Length);
            Assert.Equal(_events.Count, next);
            Assert.Empty(_events.From(next, out _));
        }
    }

    [Fact]
    public async Task Waiting_ends_with_the_next_event()
    {
        Task waiting = _events.Happened(0);
        Assert.False(waiting.IsCompleted);
        _events.BeginCycle(new ContainerList(1, [NewContainer(1, "/docker/a")]));
        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(_events.Happened(0).IsCompleted);
        Assert.False(_events.Happened(1).IsCompleted);
    }

    private static Container NewContainer(long key, string path) => new(key, new ContainerIdentity(ContainerRuntime.Docker, path[1..]), path, null);
}
