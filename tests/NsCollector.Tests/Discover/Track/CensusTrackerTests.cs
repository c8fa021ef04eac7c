using NsCollector.Discover;
using NsCollector.Discover.Identify.States;
using NsCollector.Discover.Track;
using NsCollector.Discover.Walk;
using NsCollector.Linux;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Discover.Track;

/// <summary>When a census begins.</summary>
public sealed class CensusTrackerTests : IDisposable
{
    private readonly AgentCounters _counters = new();
    private readonly CapturingLogger _log = new();
    private readonly Gate _disk = new();
    private readonly WakeSignal _wake = new();
    private readonly NameTracker _names;
    private readonly CensusTracker _tracker;
    private readonly Func<TimeSpan, bool, CensusTracker> _make;

    public CensusTrackerTests()
    {
        HostRoots roots = new("/nowhere", "/nowhere", "/nowhere");
        DiscoverOptions options = new() { DockerSockets = [] };
        var records = new ContainerRecords(1);
        var processes = new CgroupProcesses(roots);
        var log = new RateLimitedLog(_log);
        _names = new NameTracker(options, roots, false, processes, _wake, Defect, _counters, _log);
        var admission = new Admission(options, records, processes, _names, _ => { }, _counters, log);
        _make = (interval, isOnThread) => new CensusTracker(interval, records, admission, new StateCensus([_disk], Defect), new CensusContext(options, _counters, log), isOnThread);
        _tracker = _make(TimeSpan.FromMinutes(1), true);
        _tracker.Start();
    }

    public void Dispose()
    {
        _disk.Open();
        _tracker.Dispose();
        _names.Dispose();
        _wake.Dispose();
        _disk.Dispose();
    }

    [Fact]
    public void Census_that_hangs_for_three_intervals_counts_once_and_warns()
    {
        for (int minute = 0; minute < 3; minute++) _tracker.Poll(minute * 60_000);
        Assert.Equal((0L, 0), (_counters[AgentCounter.IdentityErrors], _log.Messages.Count()));

        for (int minute = 3; minute < 6; minute++) _tracker.Poll(minute * 60_000);
        Assert.Equal(1, _counters[AgentCounter.IdentityErrors]);
        Assert.Contains("180 s", Assert.Single(_log.Messages), StringComparison.Ordinal);

        // Once the disk answers, censuses go on.
        _disk.Open();
        Eventually.True(() => _tracker.Current is not null, "the census that hung");
        ContainerCensus first = _tracker.Current!;
        long nowMs = 360_000;
        Eventually.True(
            () =>
            {
                _tracker.Poll(nowMs += 60_000);
                return !ReferenceEquals(_tracker.Current, first);
            },
            "the next census");

        // A later hang counts again.
        _disk.Close();
        Eventually.True(
            () =>
            {
                _tracker.Poll(nowMs += 60_000);
                return _counters[AgentCounter.IdentityErrors] == 2;
            },
            "the second hang");
    }

    [Fact]
    public void Census_begins_at_its_interval_and_not_before_its_thread()
    {
        _disk.Open();
        using CensusTracker tracker = _make(TimeSpan.FromMinutes(1), true);
        Assert.Equal(long.MaxValue, tracker.DueMs);
        tracker.Poll(0);
        Assert.Null(tracker.Current);
        tracker.Start();
        tracker.Poll(0);
        Assert.Equal(60_000, tracker.DueMs);
        Eventually.True(() => tracker.Current is not null, "the first census");
        ContainerCensus first = tracker.Current!;
        tracker.Poll(59_999);
        Assert.Equal(60_000, tracker.DueMs);
        tracker.Poll(60_000);
        Assert.Equal(120_000, tracker.DueMs);
        Eventually.True(() => !ReferenceEquals(tracker.Current, first), "the second census");
        Assert.Equal(2, _disk.Counts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Census_that_is_off_reads_nothing(bool isOnThread)
    {
        _disk.Open();
        using CensusTracker tracker = _make(TimeSpan.Zero, isOnThread);
        tracker.Start();
        tracker.Poll(1_000_000);
        Assert.Equal((long.MaxValue, 0), (tracker.DueMs, _disk.Counts));
        Assert.Null(tracker.Current);
    }

    private static void Defect(Exception exception) => Assert.Fail(exception.ToString());

    /// <summary>State files on a disk that does not answer until it is opened.</summary>
    private sealed class Gate : IRuntimeCensus, IDisposable
    {
        private readonly ManualResetEventSlim _open = new();
        private int _counts;

        internal void Open() => _open.Set();

        internal void Close() => _open.Reset();

        internal int Counts => Volatile.Read(ref _counts);

        public void Count(LiveContainers live, CensusDraft draft)
        {
            Interlocked.Increment(ref _counts);
            _open.Wait();
        }

        public void Dispose() => _open.Dispose();
    }
}
