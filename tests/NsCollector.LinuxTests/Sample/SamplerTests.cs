using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover.Watch;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Watch;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample;

/// <summary>What a sampler does besides its cycles: births, ends, and where the last network counters will be.</summary>
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
    public void A_newborn_container_is_read_at_once_with_its_network_and_no_other_is()
    {
        (Container old, _) = Make();
        _source.Publish(old);
        _sampler.RunCycle();
        Assert.Equal(["cycle", "sample 1", "done"], _consumer.Take());

        (Container born, NamespaceProcess process) = Make();
        process.Connect();
        _source.Publish(old, born);
        RunBetween();
        RecordingConsumer.Entry sample = _consumer.Last("sample", 2);
        Assert.Equal(["births", "sample 2"], _consumer.Take()[..2]);
        Assert.True(sample.Readings.ContainsKey(Reading.NetworkRxBytes));
        Assert.True(sample.Readings.ContainsKey(Reading.CpuUsageNs));
        Assert.True(sample.Readings.ContainsKey(Reading.MemoryMaxUsageBytes));
        Assert.False(sample.Readings.ContainsKey(Reading.CpuUsagePercent));
        Assert.Equal(2, _source.Acknowledged);

        // Nothing new, nothing said.
        RunBetween();
        Assert.Empty(_consumer.Take());

        _sampler.RunCycle();
        Assert.True(_consumer.Last("sample", 1).Readings.ContainsKey(Reading.CpuUsagePercent));
        Assert.True(_consumer.Last("sample", 2).Readings.ContainsKey(Reading.CpuUsagePercent));
        Assert.Equal(["cycle", "sample 1", "sample 2", "done"], _consumer.Take());
        Assert.Equal((0, 0), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));
    }

    [Fact]
    public void What_is_flushed_within_a_second_after_a_cycle_is_ended_later_and_once()
    {
        // Before the cycle, as starting two processes may take the second.
        Container first = Make().Container, second = Make().Container;
        _sampler.RunCycle();
        _source.Publish(first);
        RunBetween();
        _source.Publish(first, second);
        RunBetween();
        Assert.Equal(["cycle", "done", "births", "sample 1", "flush", "births", "sample 2", "flush"], _consumer.Take());
        Assert.InRange(_sampler.FlushDueNs, SystemClock.MonotonicNs(), SystemClock.MonotonicNs() + 1_000_000_000);
        _sampler.EndFlush();
        Assert.Equal(["end"], _consumer.Take());
        Assert.Equal(long.MaxValue, _sampler.FlushDueNs);
    }

    [Fact]
    public void Births_that_find_no_time_are_left_for_the_next_look_or_the_cycle()
    {
        _source.Publish([.. Enumerable.Range(0, 3).Select(_ => Make().Container)]);
        _sampler.RunBetweenCycles(SystemClock.MonotonicNs());
        Assert.True(_sampler.HasMoreBetweenCycles);
        Assert.Equal(["births"], _consumer.Take());
        _sampler.RunCycle();
        Assert.Equal(["cycle", "sample 1", "sample 2", "sample 3", "done"], _consumer.Take());
        RunBetween();
        Assert.False(_sampler.HasMoreBetweenCycles);
        Assert.Empty(_consumer.Take());
    }

    [Fact]
    public void A_container_whose_first_process_was_only_a_helper_is_read_again_once_its_own_is_known()
    {
        (Container container, NamespaceProcess process) = Make();
        using NamespaceProcess helper = NamespaceProcess.StartOnHost();
        process.Connect();
        _source.Publish(container with { Init = helper.Directory });
        RunBetween();
        Assert.False(_consumer.Last("sample", 1).Readings.ContainsKey(Reading.NetworkRxBytes));
        _consumer.Take();
        _source.Publish(container);
        RunBetween();
        Assert.True(_consumer.Last("sample", 1).Readings.ContainsKey(Reading.NetworkRxBytes));
    }

    [Fact]
    public void The_end_of_a_container_is_told_with_its_last_sample_though_a_cycle_found_its_cgroup_gone_meanwhile()
    {
        (Container container, NamespaceProcess process) = Make();
        process.Connect();
        process.Run("bash", "-c", $"for i in 1 2 3; do echo $i > /dev/udp/10.231.{process.Network}.1/9; done");
        _source.Publish(container);
        _sampler.RunCycle();
        IReadOnlyDictionary<Reading, long> last = _consumer.Last("sample", 1).Readings;
        Assert.True(last[Reading.NetworkTxBytes] > 0);

        process.Kill();
        _cgroups.Remove(container.CgroupPath);
        _sampler.RunCycle();
        Assert.Equal(1, _source.Walks);
        _consumer.Take();

        // The event is there before the list that lacks the container, so its last sample is not forgotten yet.
        _source.Happened(Exit(container, WatchTexts.None, isFinal: false));
        _source.Publish();
        RunBetween();
        IReadOnlyDictionary<Reading, long> exit = _consumer.Last("exit", 1).Readings;
        Assert.Equal(last[Reading.CpuUsageNs], exit[Reading.ExitCpuUsageNs]);
        Assert.Equal(last[Reading.MemoryMaxUsageBytes], exit[Reading.ExitMemoryMaxUsageBytes]);
        Assert.Equal((last[Reading.NetworkRxBytes], last[Reading.NetworkTxBytes]), (exit[Reading.ExitRxBytes], exit[Reading.ExitTxBytes]));
        Assert.Equal((0, 0), (exit[Reading.ExitFinal], exit[Reading.ExitNetworkFinal]));
        Assert.Equal((1, 0), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));
    }

    [Fact]
    public void What_one_life_received_and_sent_is_not_told_of_the_next_in_the_same_cgroup()
    {
        (Container container, NamespaceProcess process) = Make();
        process.Connect();
        process.Run("bash", "-c", $"for i in 1 2 3; do echo $i > /dev/udp/10.231.{process.Network}.1/9; done");
        _source.Publish(container);
        _sampler.RunCycle();
        process.Kill();
        _source.Happened(Exit(container, WatchTexts.None, isFinal: false));
        RunBetween();
        IReadOnlyDictionary<Reading, long> first = _consumer.Last("exit", 1).Readings;
        Assert.True(first[Reading.ExitTxBytes] > 0);

        // Another life, over before it was sampled: the cgroup has gone on counting, its namespace was another one.
        _source.Happened(Exit(container, WatchTexts.None, isFinal: false));
        RunBetween();
        IReadOnlyDictionary<Reading, long> second = _consumer.Last("exit", 1).Readings;
        Assert.Equal(first[Reading.ExitCpuUsageNs], second[Reading.ExitCpuUsageNs]);
        Assert.All([Reading.ExitRxBytes, Reading.ExitTxBytes, Reading.ExitNetworkFinal], reading => Assert.DoesNotContain(reading, second.Keys));
    }

    [Fact]
    public void The_texts_of_this_kernels_files_become_the_same_totals_as_a_sample()
    {
        (Container container, NamespaceProcess process) = Make();
        _source.Publish(container);
        string enter = string.Concat(_cgroups.Hierarchies.Select(hierarchy => $"echo $$ > {hierarchy}{container.CgroupPath}/cgroup.procs; "));
        Command.Run("sh", "-c", enter + "head -c 20000000 /dev/zero | sha1sum");

        // A cgroup that nothing happens in: before the end as after it.
        process.Kill();
        Eventually.True(() => Texts(container).Texts is var one && Thread.CurrentThread.Join(50) is false && one.SequenceEqual(Texts(container).Texts), "the cgroup to fall quiet");
        _sampler.RunCycle();
        IReadOnlyDictionary<Reading, long> sample = _consumer.Last("sample", 1).Readings;
        _source.Happened(Exit(container, Texts(container).Last, isFinal: true));
        _source.Publish();
        RunBetween();
        IReadOnlyDictionary<Reading, long> exit = _consumer.Last("exit", 1).Readings;
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
    public void A_container_that_was_never_sampled_is_missed_unless_its_totals_were_read()
    {
        // In no list ever; in a list together with its end; and one of which nothing was read.
        (Container never, _) = Make();
        (Container late, NamespaceProcess lateProcess) = Make();
        (Container lost, _) = Make();
        WatchTexts texts = Texts(late).Last;
        lateProcess.Kill();
        _cgroups.Remove(late.CgroupPath);
        _source.Happened(Exit(never, texts, isFinal: true));
        _source.Happened(Exit(late, texts, isFinal: true));
        _source.Publish(late);
        RunBetween();
        Assert.Contains("exit 1", _consumer.Take());
        _source.Publish();
        RunBetween();
        Assert.Equal((2, 0), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));

        _source.Happened(Exit(lost, WatchTexts.None, isFinal: false));
        RunBetween();
        RunBetween();
        Assert.Equal((3, 1), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));
    }

    [Fact]
    public void A_container_whose_end_was_taken_before_the_list_that_has_it_has_vanished_once()
    {
        (Container container, NamespaceProcess process) = Make();
        process.Kill();
        _cgroups.Remove(container.CgroupPath);
        _source.Happened(Exit(container, WatchTexts.None, isFinal: false));
        RunBetween();
        _source.Publish(container);
        RunBetween();
        _source.Publish();
        RunBetween();
        RunBetween();
        Assert.Equal((1, 1), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));
    }

    [Fact]
    public void A_container_that_is_left_out_and_lives_on_has_neither_vanished_nor_been_missed()
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

        // And one whose cgroup is gone has.
        _source.Publish(sampled);
        RunBetween();
        process.Kill();
        _cgroups.Remove(sampled.CgroupPath);
        _source.Publish();
        RunBetween();
        Assert.Equal((1, 0), (_counters[AgentCounter.ContainersVanished], _counters[AgentCounter.ContainersMissed]));
    }

    [Fact]
    public void What_happens_shortly_before_the_stop_is_handed_over()
    {
        (Container container, _) = Make();
        _source.Publish(container);
        _source.Happened(Exit(container, WatchTexts.None, isFinal: false));
        _source.Happened(new ContainerOom(container, 5, WatchTexts.None, 1));
        _sampler.ProcessLastEvents();
        Assert.Equal(["exit 1", "oom 1", "end"], _consumer.Take());
    }

    [Fact]
    public void The_other_ends_of_the_interfaces_are_told_once_and_of_a_shared_namespace_for_its_owner_only()
    {
        (Container owner, NamespaceProcess process) = Make();
        string host = process.Connect();
        using NamespaceProcess sharing = NamespaceProcess.StartIn(process);
        string path = _cgroups.Make("sharing");
        _cgroups.Put(path, sharing.Pid);
        Container shared = NewContainer(path, sharing);
        using NamespaceProcess onHost = NamespaceProcess.StartOnHost();
        Container hosts = NewContainer(_cgroups.Make("host"), onHost);
        _source.Publish(owner, shared, hosts);
        _sampler.RunCycle();

        Assert.Equal([owner.Key], _source.Ends.Keys);
        AssertPeers(_source.Ends[owner.Key], process, host);
        for (int i = 0; i < 5; i++) _sampler.RunCycle();
        Assert.Equal(1, _source.EndsSaid);

        // Another interface: another end, and only then.
        string second = NamespaceProcess.UniqueName("h");
        Command.Run("ip", "link", "add", second, "type", "veth", "peer", "name", "eth1", "netns", $"{process.Pid}");
        _sampler.RunCycle();
        AssertPeers(_source.Ends[owner.Key], process, host, second);
        Assert.Equal(2, _source.EndsSaid);

        // One by the same name in the place of the other: its counters begin anew.
        process.Run("bash", "-c", $"for i in 1 2 3; do echo $i > /dev/udp/10.231.{process.Network}.1/9; done");
        _sampler.RunCycle();
        Command.Run("ip", "link", "delete", host);
        string third = NamespaceProcess.UniqueName("h");
        Command.Run("ip", "link", "add", third, "type", "veth", "peer", "name", "eth0", "netns", $"{process.Pid}");
        _sampler.RunCycle();
        AssertPeers(_source.Ends[owner.Key], process, second, third);

        // An interface with no other end on the host: rather none of them than a part.
        process.Mark();
        _sampler.RunCycle();
        Assert.Null(_source.Ends[owner.Key]);
    }

    [Fact]
    public void Who_enters_the_namespace_of_another_loses_his_network_end_and_counters()
    {
        (Container first, NamespaceProcess process) = Make();
        process.Connect();
        (Container second, NamespaceProcess other) = Make();
        other.Connect();
        _source.Publish(first, second);
        _sampler.RunCycle();
        Assert.NotNull(_source.Ends[first.Key]);
        Assert.NotNull(_source.Ends[second.Key]);

        using NamespaceProcess moved = NamespaceProcess.StartIn(process);
        _source.Publish(first, second with { Init = moved.Directory });
        _sampler.RunCycle();
        Assert.NotNull(_source.Ends[first.Key]);
        Assert.Null(_source.Ends[second.Key]);
        _source.Happened(Exit(second, WatchTexts.None, isFinal: false));
        RunBetween();
        Assert.False(_consumer.Last("exit", second.Key).Readings.ContainsKey(Reading.ExitRxBytes));
        Assert.True(_consumer.Last("exit", second.Key).Readings.ContainsKey(Reading.ExitCpuUsageNs));
    }

    [Fact]
    public void An_interface_that_comes_after_the_birth_is_found_before_the_next_cycle_and_then_no_more_is_looked_for()
    {
        _sampler.RunCycle();
        (Container born, NamespaceProcess process) = Make();
        _source.Publish(born);
        RunBetween();
        Assert.False(_source.Ends.ContainsKey(born.Key));
        Assert.NotEqual(long.MaxValue, _sampler.FinalCounterSearchDueNs);

        string host = process.Connect();
        Eventually.True(() => LookWhenDue() && _source.Ends.ContainsKey(born.Key), "the end to be found");
        AssertPeers(_source.Ends[born.Key], process, host);
        Eventually.True(() => LookWhenDue() && _sampler.FinalCounterSearchDueNs == long.MaxValue, "the last look");
        Assert.Equal(1, _source.EndsSaid);

        bool LookWhenDue()
        {
            if (SystemClock.MonotonicNs() >= _sampler.FinalCounterSearchDueNs) RunBetween();
            return true;
        }
    }

    [Fact]
    public void The_end_that_was_told_stays_when_the_process_has_ended()
    {
        (Container container, NamespaceProcess process) = Make();
        process.Connect();
        _source.Publish(container);
        _sampler.RunCycle();
        FinalCounterSource? end = _source.Ends[container.Key];
        process.Kill();
        for (int i = 0; i < 3; i++) _sampler.RunCycle();
        Assert.NotNull(end);
        Assert.Same(end, _source.Ends[container.Key]);
    }

    [Fact]
    public void A_steady_cycle_allocates_nothing()
    {
        using Sampler sampler = NewSampler(new Silent());
        _source.Publish([.. Enumerable.Range(0, 3).Select(_ => Make(connect: true).Container)]);
        for (int i = 0; i < 10; i++) sampler.RunCycle();
        long least = Enumerable.Range(0, 3).Min(_ =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 50; i++) sampler.RunCycle();
            for (int i = 0; i < 50; i++) sampler.RunBetweenCycles(long.MaxValue);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
        Assert.Equal(0, least);
    }

    private sealed class Silent : ISampleConsumer
    {
        public void BeginCycle(ContainerList containers)
        {
        }

        public void Accept(Container container, ContainerSample sample)
        {
        }

        public void EndCycle(in CycleReport report)
        {
        }
    }

    private static void AssertPeers(FinalCounterSource? end, NamespaceProcess process, params string[] hosts)
    {
        Assert.NotNull(end);
        Assert.Null(end.NamespacePath);
        Assert.Equal($"net:[{end.NamespaceInode}]", new FileInfo($"/proc/{process.Pid}/ns/net").LinkTarget);
        Assert.Equal(
            hosts.Select(name => (int.Parse(File.ReadAllText($"/sys/class/net/{name}/ifindex")), name)).Order(),
            end.Peers.Order());
    }

    private static ContainerExit Exit(Container container, WatchTexts texts, bool isFinal) => new(container, 5, texts, 77, null, 9, isFinal);

    private Sampler NewSampler(ISampleConsumer consumer) =>
        new(_source, consumer, _mounts, new HostRoots(), _options, _counters, NullLoggerFactory.Instance)
        {
            // A processor that is away for 20 ms would leave births unread. A test of having no time gives a bound of its own.
            BetweenCyclesBudgetNs = 30_000_000_000,
        };

    private void RunBetween() => _sampler.RunBetweenCycles(long.MaxValue);

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

    /// <summary>What the watch would have read.</summary>
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
