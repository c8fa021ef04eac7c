using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Discover.Identify.Engine;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>Names from the Engine API of a real dockerd, also when it hangs, dies or restarts.</summary>
public sealed class EngineNamesTests : DockerTests, IDisposable
{
    private static readonly TimeSpan DaemonTimeout = TimeSpan.FromSeconds(2);

    private readonly AgentCounters _counters = new();
    private readonly ConcurrentQueue<string> _changes = new();
    private readonly EngineNames _names;

    public EngineNamesTests(DockerEngine engine)
        : base(engine) => _names = Make();

    private long Unreachable => _counters[AgentCounter.EngineErrorsUnreachable];

    private long TimedOut => _counters[AgentCounter.EngineErrorsTimedOut];

    private long InvalidAnswers => _counters[AgentCounter.EngineErrorsAnswer];

    public void Dispose() => _names.Dispose();

    [DockerFact]
    public void Containers_started_before_and_after_the_agent_have_identities()
    {
        using DockerContainer before = Engine.Start("engine-before", ["--label", "com.example.team=a \"b\"\nc", "--label", "other=x"], "exec sleep 1000");
        Start();
        AssertKnown(before.Id, "engine-before", "com.example.team=a \"b\"\nc");
        string after;
        using (DockerContainer container = Engine.Start("engine-after", ["--label", "com.example.empty=", "--label", "io.kubernetes.pod.name=web-0"], "exec sleep 1000"))
        {
            after = container.Id;
            AssertKnown(after, "engine-after", "io.kubernetes.pod.name=web-0");
            Eventually.True(() => _changes.Contains(after), "the change is reported");
        }

        // It is kept for its last points, and then removed.
        Assert.True(_names.TryFind(after, out _));
        Eventually.True(() => !_names.TryFind(after, out _), "the removed container is forgotten");
        Assert.Equal((0L, 0L, 0L), (Unreachable, TimedOut, InvalidAnswers));
    }

    [DockerFact]
    public void Rename_event_is_applied_before_the_next_full_list()
    {
        using DockerContainer container = Engine.Start("engine-old", ["--label", "com.example.team=a"], "exec sleep 1000");
        Start();
        AssertKnown(container.Id, "engine-old", "com.example.team=a");
        for (int i = 0; i < 5; i++)
        {
            Engine.Docker("rename", container.Id, $"engine-new-{i}");
            AssertKnown(container.Id, $"engine-new-{i}", "com.example.team=a");
        }
    }

    [DockerFact]
    public void Digest_of_an_untagged_image_is_not_reported_as_image()
    {
        Engine.Docker("tag", DockerEngine.Image, "engine-image:1");
        using DockerContainer container = new(Engine, Engine.Docker("run", "--detach", "--init=false", "--name", "engine-tagged", "engine-image:1", "sleep", "1000"));
        Start();
        Eventually.True(() => ImageOf(_names, container.Id) == "engine-image:1", "the image is known");
        Engine.Docker("rmi", "--force", "engine-image:1");
        Engine.Docker("tag", Engine.Docker("commit", container.Id), "engine-image:1");
        Assert.NotEqual("engine-image:1", Engine.Docker("ps", "--filter", "name=engine-tagged", "--format", "{{.Image}}"));

        using EngineNames later = Make();
        later.Start();
        Eventually.True(() => later.TryFind(container.Id, out _), "the container is known");
        Assert.Null(ImageOf(later, container.Id));
        Assert.Equal("engine-image:1", ImageOf(_names, container.Id));
        Assert.Equal(0, InvalidAnswers);
    }

    [DockerFact]
    public void Stopped_dockerd_blocks_nothing_and_is_followed_when_it_resumes()
    {
        using DockerContainer container = Engine.Start("engine-stopped", [], "exec sleep 1000");
        Start();
        AssertKnown(container.Id, "engine-stopped", "");
        Engine.Signal("STOP");
        try
        {
            Eventually.True(() => !_names.IsConnected && TimedOut >= 2, "the hanging dockerd is detected");
            var clock = Stopwatch.StartNew();
            for (int i = 0; i < 1000; i++) Assert.True(_names.TryFind(container.Id, out _));
            // A call that waited for the daemon would wait until its time-out.
            Assert.True(clock.Elapsed < DaemonTimeout, $"{clock.Elapsed}");
        }
        finally
        {
            Engine.Signal("CONT");
        }

        Engine.Docker("rename", container.Id, "engine-continued");
        AssertKnown(container.Id, "engine-continued", "");
        Eventually.True(() => _names.IsConnected, "it is connected again");
        Assert.Equal(0, InvalidAnswers);
    }

    [DockerFact]
    public void Killed_fake_and_restarted_dockerd_are_each_detected()
    {
        using DockerContainer container = Engine.Start("engine-killed", [], "exec sleep 1000");
        Start();
        AssertKnown(container.Id, "engine-killed", "");
        try
        {
            Engine.KillDaemon();
            Eventually.True(() => !_names.IsConnected && Unreachable >= 2, "the dead dockerd is detected");
            Assert.Equal(0, InvalidAnswers);

            // It disconnects as soon as it sees that the other end is not the Engine API.
            File.Delete(Engine.Socket);
            using (new FakeEngine(Engine.Socket)) Eventually.True(() => InvalidAnswers >= 2, "the invalid answers are detected");
            File.Delete(Engine.Socket);
            Assert.True(_names.TryFind(container.Id, out _));
        }
        finally
        {
            Engine.StartDaemonAgain();
        }

        Eventually.True(() => _names.IsConnected, "the new dockerd is followed");
        using DockerContainer next = Engine.Start("engine-next", [], "exec sleep 1000");
        AssertKnown(next.Id, "engine-next", "");
    }

    private void Start()
    {
        _names.Start();
        Eventually.True(() => _names.IsConnected, "it is connected");
    }

    private static string? ImageOf(EngineNames names, string id) => names.TryFind(id, out EngineContainer? container) ? container.Image : null;

    private EngineNames Make()
    {
        EngineOptions options = new()
        {
            SocketPath = Engine.Socket,
            Timeout = DaemonTimeout,
            Heartbeat = TimeSpan.FromSeconds(1),
            KeptAfterEnd = TimeSpan.FromSeconds(3),
            LongestPause = TimeSpan.FromSeconds(3),
        };
        return new EngineNames(options, new HostRoots(), key => key.StartsWith("com.example.", StringComparison.Ordinal), _changes.Enqueue, _counters, NullLogger.Instance);
    }

    private void AssertKnown(string id, string name, string labels)
    {
        EngineContainer? container = null;
        Eventually.True(
            () => _names.TryFind(id, out container) && container.Name == name,
            $"{id} is known as {name}",
            () => $"it is known as {container?.Name}; unreachable {Unreachable}, timed out {TimedOut}, invalid answers {InvalidAnswers}");
        Assert.Equal(labels, string.Join('|', container!.Labels.Select(label => $"{label.Key}={label.Value}")));
        Assert.Equal(DockerEngine.Image, container.Image);
    }
}
