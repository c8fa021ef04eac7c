using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Discover.Watch;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample;

/// <summary>The sampler between its cycles: births, exits, and the search for final network counters.</summary>
[Collection(NamespaceTests.Name)]
public sealed class SamplerTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();
    private readonly FakeContainerSource _source = new();
    private readonly RecordingConsumer _consumer = new();
    private readonly AgentCounters _counters = new();
    private readonly CgroupMounts _mounts;
    private readonly SampleOptions _options = new() { NamespaceRoots = [] };
    private readonly Sampler _sampler;
    private int _keys;

    public SamplerTests()
    {
        _mounts = _cgroups.Mounts();
        _sampler = NewSampler(_consumer);
    }

    public void Dispose()
    {
        _sampler.Dispose();
        _cgroups.Dispose();
    }

    [Fact]
    public void Birth_reads_only_new_container_with_network()
    {
        (Container old, _) = Make();
        _source.Publish(old);
        _sampler.RunCycle();
        Assert.Equal(["cycle", "sample 1", "done"], _consumer.DequeueAll());

        (Container born, NamespaceProcess process) = Make();
        process.Connect();
        _source.Publish(old, born);
        RunBetween();
        RecordingConsumer.Entry sample = _consumer.Last("sample", 2);
        Assert.Equal(["births", "sample 2"], _consumer.DequeueAll()[..2]);
        Assert.True(sample.Readings.ContainsKey(Reading.NetworkRxBytes));
        Assert.True(sample.Readings.ContainsKey(Reading.CpuUsageNs));
        Assert.True(sample.Readings.ContainsKey(Reading.MemoryMaxUsageBytes));
        Assert.False(sample.Readings.ContainsKey(Reading.CpuUsagePercent));
        Assert.Equal(2, _source.Acknowledged);

        // Without a change nothing is handed over.
        RunBetween();
        Assert.Empty(_consumer.DequeueAll());

        _sampler.RunCycle();
        Assert.True(_consumer.Last("sample", 1).Readings.ContainsKey(Reading.CpuUsagePercent));
        Assert.True(_consumer.Last("sample", 2).Readings.ContainsKey(Reading.CpuUsagePercent));
        Assert.Equal(["cycle", "sample 1", "sample 2", "done"], _consumer.DequeueAll());
        Assert.Equal((0, 0), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));
    }

    [Fact]
    public void Start_has_the_first_connection_between_two_samples()
    {
        ContainerBirth birth = ContainerBirth.Now();
        (Container container, NamespaceProcess process) = Make();
        process.Run("ip", "link", "set", "lo", "up");
        _source.Publish(container with { Birth = birth });
        RunBetween();
        Thread.Sleep(50);
        long fromNs = Libc.ClockGettime(Libc.CLOCK_BOOTTIME) - birth.BoottimeNs;
        process.Run("bash", "-c", "(: > /dev/tcp/127.0.0.1/9) 2> /dev/null; true");
        Assert.Equal("1", process.ReadProc("net/snmp").Split('\n').Last(line => line.StartsWith("Tcp:", StringComparison.Ordinal)).Split(' ')[5]);
        long untilNs = Libc.ClockGettime(Libc.CLOCK_BOOTTIME) - birth.BoottimeNs;
        Assert.DoesNotContain("start 1", _consumer.DequeueAll());
        _sampler.RunCycle();
        IReadOnlyDictionary<Reading, long> start = _consumer.Last("start", 1).Readings;
        Assert.InRange(start[Reading.StartFirstConnectionMinNs], 0, fromNs);
        Assert.InRange(start[Reading.StartFirstConnectionNs], untilNs, Libc.ClockGettime(Libc.CLOCK_BOOTTIME) - birth.BoottimeNs);
        Assert.InRange(start[Reading.StartFirstProcessNs], 0, fromNs);
        _sampler.RunCycle();
        _source.Publish();
        RunBetween();
        Assert.Single(_consumer.DequeueAll(), entry => entry == "start 1");
    }

    [Fact]
    public void Flush_within_a_second_of_cycle_ends_later_and_once()
    {
        // Before the cycle, because starting two processes may take the second.
        Container first = Make().Container, second = Make().Container;
        _sampler.RunCycle();
        _source.Publish(first);
        RunBetween();
        _source.Publish(first, second);
        RunBetween();
        Assert.Equal(["cycle", "done", "births", "sample 1", "flush", "births", "sample 2", "flush"], _consumer.DequeueAll());
        Assert.InRange(_sampler.FlushDueNs, SystemClock.MonotonicNs(), SystemClock.MonotonicNs() + 1_000_000_000);
        _sampler.EndFlush();
        Assert.Equal(["end"], _consumer.DequeueAll());
        Assert.Equal(long.MaxValue, _sampler.FlushDueNs);
    }

    [Theory]
    [InlineData(-864_000)]
    [InlineData(7_200)]
    public void Uptime_is_right_after_the_clock_is_set(long secondsBehind)
    {
        long shiftNs = secondsBehind * 1_000_000_000;
        bool wasSet = false;
        var clock = new BootClock(() => Libc.ClockGettime(Libc.CLOCK_REALTIME) + shiftNs, () => Libc.ClockGettime(Libc.CLOCK_BOOTTIME), () => wasSet);
        using var sampler = new Sampler(_source, _consumer, _mounts, new HostRoots(), _options, _counters, NullLoggerFactory.Instance, clock);
        (Container container, NamespaceProcess process) = Make();
        long startedNs = process.Directory.StartedBoottimeNs;
        _source.Publish(container);
        sampler.RunCycle();
        AssertStarted(shiftNs);

        // The clock is set, and is right from then on.
        (shiftNs, wasSet) = (0, true);
        sampler.RunCycle();
        AssertStarted(0);

        void AssertStarted(long behindNs)
        {
            IReadOnlyDictionary<Reading, long> readings = _consumer.Last("sample", container.Key).Readings;
            long boottimeNs = Libc.ClockGettime(Libc.CLOCK_BOOTTIME), realtimeNs = Libc.ClockGettime(Libc.CLOCK_REALTIME);
            Assert.InRange(boottimeNs - startedNs - readings[Reading.InfoUptimeNs], 0, 5_000_000_000);
            Assert.InRange(readings[Reading.InfoStartedAtNs] - (realtimeNs - boottimeNs + startedNs + behindNs), -BootClock.TickNs, BootClock.TickNs);
            Assert.Equal(0, readings[Reading.InfoStartedAtNs] % BootClock.TickNs);
        }
    }

    [Fact]
    public void Births_over_time_budget_wait_for_next_round_or_cycle()
    {
        _source.Publish([.. Enumerable.Range(0, 3).Select(_ => Make().Container)]);
        _sampler.RunBetweenCycles(SystemClock.MonotonicNs());
        Assert.True(_sampler.HasMoreBetweenCycles);
        Assert.Equal(["births"], _consumer.DequeueAll());
        _sampler.RunCycle();
        Assert.Equal(["cycle", "sample 1", "sample 2", "sample 3", "done"], _consumer.DequeueAll());
        RunBetween();
        Assert.False(_sampler.HasMoreBetweenCycles);
        Assert.Empty(_consumer.DequeueAll());
    }

    [Fact]
    public void Birth_with_helper_process_is_read_again_with_own_init()
    {
        (Container container, NamespaceProcess process) = Make();
        using NamespaceProcess helper = NamespaceProcess.StartOnHost();
        process.Connect();
        _source.Publish(container with { Init = helper.Directory });
        RunBetween();
        Assert.False(_consumer.Last("sample", 1).Readings.ContainsKey(Reading.NetworkRxBytes));
        _consumer.DequeueAll();
        _source.Publish(container);
        RunBetween();
        Assert.True(_consumer.Last("sample", 1).Readings.ContainsKey(Reading.NetworkRxBytes));
    }

    [Fact]
    public void Birth_is_read_again_when_its_process_enters_its_namespace()
    {
        // As LXC with a user namespace, and a service with PrivateNetwork=. The next cycle may be minutes away.
        (Container container, _) = Make();
        using NamespaceProcess process = NamespaceProcess.StartWithInput("sh", "-c", "read go; exec unshare -n sleep infinity");
        _sampler.RunCycle();
        _source.Publish(container with { Init = process.Directory });
        RunBetween();
        process.Continue();
        process.WaitForSleep();
        Assert.Equal(1, Readings());
        RunUntil(() => Readings() == 2, "a second reading");

        // Its namespace may be connected later still.
        process.Connect();
        RunUntil(() => _source.Sources.TryGetValue(1, out FinalCounterSource? found) && found is { Links.Length: 1 }, "the host's end of its interface");
        Assert.Equal(2, Readings());

        int Readings() => _consumer.Entries.Count(entry => entry.What == "sample");
    }

    [Fact]
    public void Birth_in_the_hosts_namespace_is_read_once()
    {
        (Container container, _) = Make();
        using NamespaceProcess process = NamespaceProcess.StartOnHost();
        _sampler.RunCycle();
        _source.Publish(container with { Init = process.Directory });
        RunBetween();
        Assert.NotEqual(long.MaxValue, _sampler.FinalCounterSearchDueNs);
        _consumer.DequeueAll();
        for (int round = 0; round < 3; round++)
        {
            Eventually.True(() => _sampler.FinalCounterSearchDueNs <= SystemClock.MonotonicNs(), "the next look");
            RunBetween();
        }

        Assert.Empty(_consumer.DequeueAll());
    }

    [Fact]
    public void Exit_after_cgroup_removal_has_totals_of_last_sample()
    {
        (Container container, NamespaceProcess process) = Make();
        process.Connect();
        process.Send(3);
        _source.Publish(container);
        _sampler.RunCycle();
        IReadOnlyDictionary<Reading, long> last = _consumer.Last("sample", 1).Readings;
        Assert.True(last[Reading.NetworkTxBytes] > 0);

        process.Kill();
        _cgroups.Remove(container.CgroupPath);
        _sampler.RunCycle();
        Assert.Equal(1, _source.Walks);
        _consumer.DequeueAll();

        // The event is queued before the list without the container, so its last sample still exists.
        _source.Enqueue(Exit(container, WatchTexts.None, isFinal: false));
        _source.Publish();
        IReadOnlyDictionary<Reading, long> exit = NextExit(1);
        Assert.Equal(last[Reading.CpuUsageNs], exit[Reading.ExitCpuUsageNs]);
        Assert.Equal(last[Reading.MemoryMaxUsageBytes], exit[Reading.ExitMemoryMaxUsageBytes]);
        Assert.Equal((last[Reading.NetworkRxBytes], last[Reading.NetworkTxBytes]), (exit[Reading.ExitRxBytes], exit[Reading.ExitTxBytes]));
        Assert.Equal((0, 0), (exit[Reading.ExitFinal], exit[Reading.ExitNetworkFinal]));
        Assert.Equal((1, 0), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));
    }

    [Fact]
    public void Exit_of_second_life_has_no_network_of_the_first()
    {
        (Container container, NamespaceProcess process) = Make();
        process.Connect();
        process.Send(3);
        _source.Publish(container);
        _sampler.RunCycle();
        process.Kill();
        _source.Enqueue(Exit(container, WatchTexts.None, isFinal: false));
        IReadOnlyDictionary<Reading, long> first = NextExit(1);
        Assert.True(first[Reading.ExitTxBytes] > 0);

        // Another life that was never sampled: its cgroup has gone on counting, but its namespace was another one.
        _consumer.DequeueAll();
        _source.Enqueue(Exit(container, WatchTexts.None, isFinal: false));
        IReadOnlyDictionary<Reading, long> second = NextExit(1);
        Assert.Equal(first[Reading.ExitCpuUsageNs], second[Reading.ExitCpuUsageNs]);
        Assert.All([Reading.ExitRxBytes, Reading.ExitTxBytes, Reading.ExitNetworkFinal], reading => Assert.DoesNotContain(reading, second.Keys));
    }

    [Fact]
    public void Exit_texts_of_this_kernel_give_totals_of_sample()
    {
        (Container container, NamespaceProcess process) = Make();
        _source.Publish(container);
        string enter = string.Concat(_cgroups.Hierarchies.Select(hierarchy => $"echo $$ > {hierarchy}{container.CgroupPath}/cgroup.procs; "));
        Command.Run("sh", "-c", enter + "head -c 20000000 /dev/zero | sha1sum");

        // Wait until nothing changes in the cgroup, so that the values before and after the exit are equal.
        process.Kill();
        Eventually.True(() => Texts(container).Texts is var one && Thread.CurrentThread.Join(50) is false && one.SequenceEqual(Texts(container).Texts), "the cgroup to become idle");
        _sampler.RunCycle();
        IReadOnlyDictionary<Reading, long> sample = _consumer.Last("sample", 1).Readings;
        _source.Enqueue(Exit(container, Texts(container).Last, isFinal: true));
        _source.Publish();
        IReadOnlyDictionary<Reading, long> exit = NextExit(1);
        Assert.True(sample[Reading.CpuUsageNs] > 0 && sample[Reading.MemoryMaxUsageBytes] > 0);
        foreach ((Reading total, Reading reading) in ((Reading, Reading)[])
                 [
                     (Reading.ExitCpuUsageNs, Reading.CpuUsageNs), (Reading.ExitCpuUserNs, Reading.CpuUserNs), (Reading.ExitCpuSystemNs, Reading.CpuSystemNs),
                     (Reading.ExitMemoryMaxUsageBytes, Reading.MemoryMaxUsageBytes), (Reading.ExitOomKills, Reading.MemoryOomKills),
                     (Reading.ExitReadBytes, Reading.BlkioReadBytes), (Reading.ExitWriteBytes, Reading.BlkioWriteBytes),
                 ])
        {
            Assert.Equal(sample.TryGetValue(reading, out long value) ? value : null, exit.TryGetValue(total, out long end) ? end : (long?)null);
        }

        Assert.Equal(1, exit[Reading.ExitFinal]);
        Assert.False(exit.ContainsKey(Reading.ExitNetworkFinal));
    }

    [Fact]
    public void Exit_never_sampled_counts_missed_unless_totals_were_read()
    {
        // One was in no list, one is in a list together with its exit, and one exited without a final read.
        (Container never, _) = Make();
        (Container late, NamespaceProcess lateProcess) = Make();
        (Container unread, _) = Make();
        WatchTexts texts = Texts(late).Last;
        lateProcess.Kill();
        _cgroups.Remove(late.CgroupPath);
        _source.Enqueue(Exit(never, texts, isFinal: true));
        _source.Enqueue(Exit(late, texts, isFinal: true));
        _source.Publish(late);
        RunBetween();
        Assert.Contains("exit 1", _consumer.DequeueAll());
        _source.Publish();
        RunBetween();
        Assert.Equal((2, 0), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));

        _source.Enqueue(Exit(unread, WatchTexts.None, isFinal: false));
        RunBetween();
        RunBetween();
        Assert.Equal((3, 1), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));
    }

    [Fact]
    public void Exit_dequeued_before_its_list_counts_vanished_once()
    {
        (Container container, NamespaceProcess process) = Make();
        process.Kill();
        _cgroups.Remove(container.CgroupPath);
        _source.Enqueue(Exit(container, WatchTexts.None, isFinal: false));
        RunBetween();
        _source.Publish(container);
        RunBetween();
        _source.Publish();
        RunBetween();
        RunBetween();
        Assert.Equal((1, 1), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));
    }

    [Fact]
    public void Excluded_live_container_counts_neither_vanished_nor_missed()
    {
        (Container sampled, NamespaceProcess process) = Make();
        (Container unsampled, _) = Make();
        _source.Publish(sampled);
        _sampler.RunCycle();
        _source.Publish(sampled, unsampled);
        _sampler.RunBetweenCycles(SystemClock.MonotonicNs());
        _source.Publish();
        RunBetween();
        Assert.Equal((0, 0), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));

        // A container whose cgroup is gone counts as vanished.
        _source.Publish(sampled);
        RunBetween();
        process.Kill();
        _cgroups.Remove(sampled.CgroupPath);
        _source.Publish();
        RunBetween();
        Assert.Equal((1, 0), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));
    }

    [Fact]
    public void ProcessLastEvents_hands_over_queued_events()
    {
        (Container container, _) = Make();
        _source.Publish(container);
        _source.Enqueue(Exit(container, WatchTexts.None, isFinal: false));
        _source.Enqueue(new ContainerOom(container, 5, WatchTexts.None, 1));
        _sampler.ProcessLastEvents();
        Assert.Equal(["exit 1", "oom 1", "end"], _consumer.DequeueAll());
    }

    [Fact]
    public void Final_counters_set_once_and_for_namespace_owner_only()
    {
        (Container owner, NamespaceProcess process) = Make();
        string host = process.Connect();
        NamespaceProcess sharing = NamespaceProcess.StartIn(process);
        Container shared = NewContainer(_cgroups.MakeWithProcess("sharing", sharing), sharing);
        using NamespaceProcess onHost = NamespaceProcess.StartOnHost();
        Container hosts = NewContainer(_cgroups.Make("host"), onHost);
        _source.Publish(owner, shared, hosts);
        _sampler.RunCycle();

        Assert.Equal([owner.Key], _source.Sources.Keys);
        AssertPeers(_source.Sources[owner.Key], process, host);
        for (int i = 0; i < 5; i++) _sampler.RunCycle();
        Assert.Equal(1, _source.SourcesSet);

        // Another interface changes the source.
        string second = NamespaceProcess.UniqueName("h");
        Command.Run("ip", "link", "add", second, "type", "veth", "peer", "name", "eth1", "netns", $"{process.Pid}");
        _sampler.RunCycle();
        AssertPeers(_source.Sources[owner.Key], process, host, second);
        Assert.Equal(2, _source.SourcesSet);

        // Replaced by an interface with the same name, whose counters begin at zero.
        process.Send(3);
        _sampler.RunCycle();
        Command.Run("ip", "link", "delete", host);
        string third = NamespaceProcess.UniqueName("h");
        Command.Run("ip", "link", "add", third, "type", "veth", "peer", "name", "eth0", "netns", $"{process.Pid}");
        _sampler.RunCycle();
        AssertPeers(_source.Sources[owner.Key], process, second, third);

        // A pair that stays inside leads nowhere, and changes nothing.
        process.Mark();
        int set = _source.SourcesSet;
        _sampler.RunCycle();
        AssertPeers(_source.Sources[owner.Key], process, second, third);
        Assert.Equal(set, _source.SourcesSet);
    }

    [Fact]
    public void Final_counters_cleared_when_init_enters_other_namespace()
    {
        (Container first, NamespaceProcess process) = Make();
        process.Connect();
        (Container second, NamespaceProcess other) = Make();
        other.Connect();
        _source.Publish(first, second);
        _sampler.RunCycle();
        Assert.NotNull(_source.Sources[first.Key]);
        Assert.NotNull(_source.Sources[second.Key]);

        using NamespaceProcess moved = NamespaceProcess.StartIn(process);
        _source.Publish(first, second with { Init = moved.Directory });
        _sampler.RunCycle();
        Assert.NotNull(_source.Sources[first.Key]);
        Assert.Null(_source.Sources[second.Key]);
        _source.Enqueue(Exit(second, WatchTexts.None, isFinal: false));
        RunBetween();
        Assert.False(_consumer.Last("exit", second.Key).Readings.ContainsKey(Reading.ExitRxBytes));
        Assert.True(_consumer.Last("exit", second.Key).Readings.ContainsKey(Reading.ExitCpuUsageNs));
    }

    [Fact]
    public void Final_counters_interface_added_after_birth_found_before_cycle()
    {
        _sampler.RunCycle();
        (Container born, NamespaceProcess process) = Make();
        _source.Publish(born);
        RunBetween();
        Assert.False(_source.Sources.ContainsKey(born.Key));
        Assert.NotEqual(long.MaxValue, _sampler.FinalCounterSearchDueNs);

        string host = process.Connect();
        Eventually.True(() => SearchWhenDue() && _source.Sources.ContainsKey(born.Key), "the source to be found");
        AssertPeers(_source.Sources[born.Key], process, host);
        Eventually.True(() => SearchWhenDue() && _sampler.FinalCounterSearchDueNs == long.MaxValue, "the last search");
        Assert.Equal(1, _source.SourcesSet);

        bool SearchWhenDue()
        {
            if (SystemClock.MonotonicNs() >= _sampler.FinalCounterSearchDueNs) RunBetween();
            return true;
        }
    }

    [Fact]
    public void Final_counters_kept_after_process_exits()
    {
        (Container container, NamespaceProcess process) = Make();
        process.Connect();
        _source.Publish(container);
        _sampler.RunCycle();
        FinalCounterSource? source = _source.Sources[container.Key];
        process.Kill();
        for (int i = 0; i < 3; i++) _sampler.RunCycle();
        Assert.NotNull(source);
        Assert.Same(source, _source.Sources[container.Key]);
    }

    [Fact]
    public void RunCycle_steady_allocates_nothing()
    {
        using Sampler sampler = NewSampler(new SilentConsumer());
        _source.Publish([.. Enumerable.Range(0, 3).Select(_ => Make(connect: true).Container)]);
        for (int i = 0; i < 10; i++) sampler.RunCycle();
        long least = Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 50; i++) sampler.RunCycle();
            for (int i = 0; i < 50; i++) sampler.RunBetweenCycles(long.MaxValue);
        });
        Assert.Equal(0, least);
    }

    private static void AssertPeers(FinalCounterSource? source, NamespaceProcess process, params string[] hosts)
    {
        Assert.NotNull(source);
        Assert.Null(source.NamespacePath);
        Assert.Equal(process.NetInode, source.NamespaceInode);
        Assert.Equal(
            hosts.Select(name => (int.Parse(File.ReadAllText($"/sys/class/net/{name}/ifindex")), name)).Order(),
            source.Links.Select(link => (link.Peer, link.PeerName)).Order());
    }

    private static ContainerExit Exit(Container container, WatchTexts texts, bool isFinal) => new(container, 5, texts, 77, null, 9, isFinal);

    private Sampler NewSampler(ISampleConsumer consumer) =>
        new(_source, consumer, _mounts, new HostRoots(), _options, _counters, NullLoggerFactory.Instance)
        {
            // Losing the CPU for 20 ms would leave births unread. Tests of the time budget pass their own limit.
            BetweenCyclesBudgetNs = 30_000_000_000,
        };

    /// <summary>An exit waits until the kernel has destroyed the namespace, and at most a second.</summary>
    private IReadOnlyDictionary<Reading, long> NextExit(long key)
    {
        Eventually.True(
            () =>
            {
                RunBetween();
                return _consumer.Entries.Any(entry => entry.What == "exit" && entry.Key == key);
            },
            $"the exit of container {key}");
        return _consumer.Last("exit", key).Readings;
    }

    private void RunBetween() => _sampler.RunBetweenCycles(long.MaxValue);

    /// <summary>Runs rounds between cycles when they are due, as the sampling thread does.</summary>
    private void RunUntil(Func<bool> condition, string what) => Eventually.True(
        () =>
        {
            if (_sampler.FinalCounterSearchDueNs <= SystemClock.MonotonicNs() || _sampler.HasMoreBetweenCycles) RunBetween();
            return condition();
        },
        what);

    private (Container Container, NamespaceProcess Process) Make(bool connect = false)
    {
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess($"c{_keys + 1}");
        if (connect) process.Connect();
        return (NewContainer(path, process), process);
    }

    private Container NewContainer(string path, NamespaceProcess process)
    {
        int key = ++_keys;
        return new Container(key, new ContainerIdentity(ContainerRuntime.Cgroup, path, $"c{key}"), path, process.Directory);
    }

    /// <summary>The texts that the watch would have read.</summary>
    private (WatchTexts Last, byte[] Texts) Texts(Container container)
    {
        WatchPlan plan = new WatchedFiles(_mounts, _options).Plan;
        var bytes = new List<byte>();
        var texts = new List<(int, int)>();
        foreach (WatchedFile file in plan.Files)
        {
            string path = $"{plan.Hierarchies[file.Hierarchy].DirectoryOf(container.CgroupPath)}/{file.Name}";
            byte[] text = file.AtExit && File.Exists(path) ? File.ReadAllBytes(path) : [];
            texts.Add((bytes.Count, text.Length > 0 ? text.Length : -2));
            bytes.AddRange(text);
        }

        return (new WatchTexts([.. bytes], [.. texts], true, null), [.. bytes]);
    }
}
