using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Sample.Events;

namespace NsCollector.Tests.Sample.Events;

public sealed class StartReporterTests : IDisposable
{
    private const long Second = 1_000_000_000, BornBoottime = 500 * Second, BornRealtime = 1_700_000_000 * Second;

    private readonly List<(Container Container, long TimestampNs, Dictionary<Reading, long> Readings)> _starts = [];
    private readonly Consumer _consumer = new();
    private readonly BootClock _clock;
    private long _nowNs = BornBoottime + Second;

    public StartReporterTests()
    {
        _consumer.Accepted = (container, start) =>
        {
            var readings = new Dictionary<Reading, long>();
            for (Reading reading = start.Readings.First; reading <= start.Readings.Last; reading++)
            {
                if (start.Readings.TryGet(reading, out long value)) readings.Add(reading, value);
            }

            _starts.Add((container, start.TimestampNs, readings));
        };
        _clock = new BootClock(() => BornRealtime - BornBoottime + _nowNs, () => _nowNs, () => false);
    }

    public void Dispose() => _clock.Dispose();

    [Fact]
    public void Start_is_handed_over_once_when_it_is_complete()
    {
        StartReporter reporter = Reporter();
        SampledContainer container = Begun(reporter, Born(BornBoottime + (30 * Second / 1000)));
        Assert.False(Sampled(reporter, container, active: 0, passive: 0));
        _nowNs += 10 * Second;
        Assert.True(Sampled(reporter, container, active: 0, passive: 1));
        Assert.False(Sampled(reporter, container, active: 0, passive: 2));
        reporter.End(container.Container, container);
        (Container of, long timestamp, Dictionary<Reading, long> readings) = Assert.Single(_starts);
        Assert.Equal((1, BornRealtime), (of.Key, timestamp));
        Assert.Equal(30 * Second / 1000, readings[Reading.StartFirstProcessNs]);
        Assert.Equal(11 * Second, readings[Reading.StartFirstConnectionNs]);
        Assert.InRange(readings[Reading.StartFirstConnectionMinNs], 0, Second);
        Assert.False(readings.ContainsKey(Reading.StartHealthyNs));
    }

    [Fact]
    public void Connection_in_the_first_sample_is_after_the_birth()
    {
        StartReporter reporter = Reporter();
        SampledContainer container = Begun(reporter, Born(BornBoottime));
        Assert.True(Sampled(reporter, container, active: 3, passive: 0));
        Assert.Equal((Second, 0), (_starts[0].Readings[Reading.StartFirstConnectionNs], _starts[0].Readings[Reading.StartFirstConnectionMinNs]));
    }

    [Theory]
    [InlineData(-9_000_000, 0L)]
    [InlineData(0, 0L)]
    [InlineData(40_000_000, 40_000_000L)]

    // Older than the cgroup by more than the tick to which the kernel rounds.
    [InlineData(-10_000_000, null)]
    public void First_process_is_absent_if_it_is_older_than_the_cgroup(long afterBirthNs, long? expected)
    {
        StartReporter reporter = Reporter();
        Sampled(reporter, Begun(reporter, Born(BornBoottime + afterBirthNs)), active: 1, passive: 0);
        Assert.Equal(expected, _starts[0].Readings.TryGetValue(Reading.StartFirstProcessNs, out long value) ? value : null);
    }

    [Fact]
    public void Health_is_waited_for_and_of_the_runtimes_clock()
    {
        StartReporter reporter = Reporter();
        SampledContainer container = Begun(reporter, Born(BornBoottime) with { State = new RuntimeState(0, HasHealthCheck: true, HealthStatus.Starting) });
        Assert.False(Sampled(reporter, container, active: 1, passive: 0));
        container.Container = container.Container with { State = new RuntimeState(0, HasHealthCheck: true, HealthStatus.Unhealthy) };
        Assert.False(Sampled(reporter, container, active: 1, passive: 0));
        container.Container = container.Container with { State = new RuntimeState(0, HasHealthCheck: true, HealthStatus.Healthy, BornRealtime + (3 * Second)) };
        Assert.True(Sampled(reporter, container, active: 1, passive: 0));
        Assert.Equal(3 * Second, _starts[0].Readings[Reading.StartHealthyNs]);
    }

    [Fact]
    public void Health_that_is_never_told_is_waited_for_a_minute()
    {
        StartReporter reporter = Reporter(new SampleOptions { StartWait = TimeSpan.FromHours(1) });
        SampledContainer container = Begun(reporter, Born(BornBoottime) with { State = new RuntimeState(0, HasHealthCheck: true) });
        _nowNs = BornBoottime + (60 * Second) - 1;
        Assert.False(Sampled(reporter, container, active: 1, passive: 0));
        _nowNs++;
        Assert.True(Sampled(reporter, container, active: 1, passive: 0));
        Assert.False(_starts[0].Readings.ContainsKey(Reading.StartHealthyNs));
    }

    [Fact]
    public void What_is_known_is_handed_over_after_the_wait()
    {
        StartReporter reporter = Reporter();
        SampledContainer container = Begun(reporter, Born(BornBoottime));
        _nowNs = BornBoottime + (60 * Second) - 1;
        Assert.False(Sampled(reporter, container, active: 0, passive: 0));
        _nowNs++;
        Assert.True(Sampled(reporter, container, active: 0, passive: 0));
        Assert.Equal([Reading.StartFirstProcessNs], _starts[0].Readings.Keys);
    }

    [Fact]
    public void What_is_known_is_handed_over_at_the_exit_even_if_in_no_list()
    {
        StartReporter reporter = Reporter();
        reporter.End(Born(BornBoottime + Second), null);
        Assert.Equal(Second, Assert.Single(_starts).Readings[Reading.StartFirstProcessNs]);
        SampledContainer container = Begun(reporter, Born(null));
        reporter.End(container.Container, container);
        Assert.Empty(_starts[1].Readings);
    }

    [Fact]
    public void Without_connection_counters_the_process_completes_a_start()
    {
        StartReporter reporter = Reporter(new SampleOptions { StartWait = TimeSpan.FromMinutes(1), Network = NetworkMode.Off });
        Assert.True(Sampled(reporter, Begun(reporter, Born(BornBoottime)), active: null, passive: null));
    }

    [Fact]
    public void Connection_is_not_awaited_in_the_namespace_of_another_container()
    {
        StartReporter reporter = Reporter();
        SampledContainer container = Begun(reporter, Born(BornBoottime));

        // The first process may be a helper of the runtime, which has not entered the container's namespace yet.
        _nowNs = BornBoottime + (2 * Second) - 1;
        Assert.False(Sampled(reporter, container, active: null, passive: null, isElsewhere: true));
        _nowNs++;
        Assert.True(Sampled(reporter, container, active: null, passive: null, isElsewhere: true));
        Assert.Equal([Reading.StartFirstProcessNs], Assert.Single(_starts).Readings.Keys);
    }

    [Fact]
    public void Connection_is_awaited_once_a_container_has_entered_its_own_namespace()
    {
        StartReporter reporter = Reporter();
        SampledContainer container = Begun(reporter, Born(BornBoottime));
        Assert.False(Sampled(reporter, container, active: null, passive: null, isElsewhere: true));
        _nowNs += 10 * Second;
        Assert.False(Sampled(reporter, container, active: 0, passive: 0));

        // Without an identity of its namespace, nothing is known.
        Assert.False(Sampled(reporter, container, active: null, passive: null));
        _nowNs += 10 * Second;
        Assert.True(Sampled(reporter, container, active: 1, passive: 0));
        Assert.Equal(21 * Second, _starts[0].Readings[Reading.StartFirstConnectionNs]);
    }

    [Fact]
    public void Health_is_awaited_in_the_namespace_of_another_container()
    {
        StartReporter reporter = Reporter();
        SampledContainer container = Begun(reporter, Born(BornBoottime) with { State = new RuntimeState(0, HasHealthCheck: true, HealthStatus.Starting) });
        _nowNs += 10 * Second;
        Assert.False(Sampled(reporter, container, active: null, passive: null, isElsewhere: true));
        container.Container = container.Container with { State = new RuntimeState(0, HasHealthCheck: true, HealthStatus.Healthy, BornRealtime + (3 * Second)) };
        Assert.True(Sampled(reporter, container, active: null, passive: null, isElsewhere: true));
        Assert.Equal(3 * Second, _starts[0].Readings[Reading.StartHealthyNs]);
    }

    [Fact]
    public void Container_that_was_there_before_or_left_and_came_back_has_no_start()
    {
        StartReporter reporter = Reporter();
        SampledContainer old = Begun(reporter, Born(BornBoottime) with { Birth = null }, expected: false);
        Assert.False(Sampled(reporter, old, active: 1, passive: 1));
        reporter.End(old.Container, old);
        reporter.End(old.Container, null);
        Assert.Empty(_starts);
        SampledContainer container = Begun(reporter, Born(BornBoottime));
        Assert.True(Sampled(reporter, container, active: 1, passive: 1));
        Begun(reporter, container.Container, expected: false);
        reporter.End(container.Container, null);
        Assert.Single(_starts);
    }

    [Fact]
    public void Nothing_is_followed_if_switched_off()
    {
        StartReporter reporter = Reporter(new SampleOptions { StartWait = TimeSpan.Zero });
        Begun(reporter, Born(BornBoottime), expected: false);
        reporter.End(Born(BornBoottime), null);
        Assert.Empty(_starts);
    }

    private static Container Born(long? processBoottimeNs) =>
        new(1, new ContainerIdentity(ContainerRuntime.Docker, new string('a', 64), "web"), "/docker/a", processBoottimeNs is { } ns ? new ProcessDirectory(-1, 7, ns) : null)
        {
            Birth = new ContainerBirth(BornRealtime, BornBoottime),
        };

    private static SampledContainer Begun(StartReporter reporter, Container container, bool expected = true)
    {
        SampledContainer sampled = new(container, new ContainerCgroup(container, 0, 0, 0, 0));
        reporter.Begin(sampled);
        Assert.Equal(expected, sampled.Start is not null);
        return sampled;
    }

    private StartReporter Reporter(SampleOptions? options = null) => new(options ?? new SampleOptions { StartWait = TimeSpan.FromMinutes(1) }, _consumer, _clock);

    private static bool Sampled(StartReporter reporter, SampledContainer container, long? active, long? passive, bool isElsewhere = false)
    {
        ContainerSample sample = container.Sample;
        sample.Clear();
        sample.TimestampNs = SystemClock.RealtimeNs();
        if (active is { } opened) sample.Protocols.Set(Reading.TcpActiveOpens, opened);
        if (passive is { } accepted) sample.Protocols.Set(Reading.TcpPassiveOpens, accepted);
        return reporter.OnSampled(container, isElsewhere);
    }

    private sealed class Consumer : ISampleConsumer
    {
        internal Action<Container, StartSample> Accepted { get; set; } = (_, _) => { };

        public void BeginCycle(ContainerList containers)
        {
        }

        public void Accept(Container container, ContainerSample sample)
        {
        }

        public void EndCycle(in CycleReport report)
        {
        }

        public void AcceptStart(Container container, StartSample start) => Accepted(container, start);
    }
}
