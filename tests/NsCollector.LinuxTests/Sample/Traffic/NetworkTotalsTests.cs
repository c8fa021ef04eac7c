using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Discover.Life;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Discover.Watch;
using NsCollector.Linux.Watch;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Events;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Traffic;

/// <summary>
/// Property: the network totals of an exit are what the interfaces that led out of the container have counted, removed ones
/// included, and network_final is true only if they are everything.
/// </summary>
[Collection(NamespaceTests.Name)]
public sealed class NetworkTotalsTests : IDisposable
{
    private readonly TestCgroups _cgroups = new();
    private readonly TemporaryDirectory _mounts = new();
    private readonly List<NamespaceMount> _mounted = [];
    private readonly RecordingConsumer _consumer = new();
    private readonly AgentCounters _counters = new();
    private readonly CgroupMounts _hierarchies;
    private readonly ContainerWatch _watch;
    private readonly WatchedSource _source;
    private SampleOptions _options;
    private Sampler? _sampler;
    private int _keys;

    public NetworkTotalsTests()
    {
        _options = new SampleOptions { NamespaceRoots = [_mounts.Path] };
        _hierarchies = _cgroups.Mounts();
        _watch = new ContainerWatch(new WatchedFiles(_hierarchies, _options).Plan, new WatchOptions());
        _watch.Start();
        _source = new WatchedSource(_watch);
    }

    public void Dispose()
    {
        _sampler?.Dispose();
        _watch.Dispose();
        foreach (NamespaceMount mount in _mounted) mount.Dispose();
        _cgroups.Dispose();
        _mounts.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Exit_of_docker_in_docker_counts_the_link_to_the_host_only(bool isHeld)
    {
        (Container container, NamespaceProcess outer) = Make();
        using NamespaceProcess inner = NamespaceProcess.Start();
        using NamespaceProcess? holder = isHeld ? null : NamespaceProcess.StartIn(outer);
        if (isHeld) Hold(outer);
        outer.Connect();
        outer.Run("ip", "link", "add", "docker0", "type", "bridge");
        outer.Run("ip", "link", "add", "veth1", "master", "docker0", "type", "veth", "peer", "name", "eth0", "netns", $"{inner.Pid}");
        outer.Run("sh", "-c", "ip link set docker0 up; ip link set veth1 up; ip addr add 10.77.0.1/24 dev docker0");
        inner.Run("sh", "-c", "ip link set eth0 up; ip addr add 10.77.0.2/24 dev eth0");
        outer.Send(3);
        Start(container);
        for (int i = 0; i < 20; i++) inner.Run("bash", "-c", "printf %01000d 0 > /dev/udp/10.77.0.1/9");
        outer.Send(5);
        Sampler.RunCycle();
        (long Rx, long Tx) inside = outer.Counted("eth0");
        Assert.True(outer.Counted("docker0").Rx > inside.Tx);

        Assert.Equal((inside.Rx, inside.Tx, 1), EndOf(container, outer));
    }

    [Theory]
    [InlineData("deleted inside")]
    [InlineData("deleted outside")]
    [InlineData("moved to the host")]
    public void Interface_removed_before_the_exit_keeps_what_it_counted(string how)
    {
        (Container container, NamespaceProcess process) = Make();
        NamespaceMount mount = Hold(process);
        string host = process.Connect();
        process.Send(2);
        Start(container);

        // What no cycle sees.
        process.Send(7);
        (long Rx, long Tx) inside = process.Settled("eth0");
        switch (how)
        {
            case "deleted inside": process.Run("ip", "link", "delete", "eth0"); break;
            case "deleted outside": Command.Run("ip", "link", "delete", host); break;
            default:
                // As Docker does: taken down, renamed, moved, then deleted.
                string moved = NamespaceProcess.UniqueName("m");
                process.Run("ip", "link", "set", "eth0", "down");
                process.Run("ip", "link", "set", "eth0", "name", moved);
                process.Run("ip", "link", "set", moved, "netns", $"{Environment.ProcessId}");
                Command.Run("ip", "link", "delete", moved);
                break;
        }

        Assert.True(inside.Rx > 0 && inside.Tx > 7000);
        Assert.Equal((inside.Rx, inside.Tx, 1), EndOf(container, process));
        Assert.Equal(0, _counters[AgentCounter.LinkMessagesLost]);
        Assert.True(File.Exists(mount.Path));
    }

    [Fact]
    public void Exit_after_the_network_and_the_namespaces_mount_are_gone_is_whole()
    {
        // As CRI-O does: it removes the network, and then ends the sandbox.
        (Container container, NamespaceProcess process) = Make();
        NamespaceMount mount = Hold(process);
        process.Connect();
        Start(container);
        process.Send(4);
        (long Rx, long Tx) inside = process.Settled("eth0");
        process.Run("ip", "link", "delete", "eth0");
        Sampler.RunCycle();
        mount.Dispose();
        Assert.Equal((inside.Rx, inside.Tx, 1), EndOf(container, process));
    }

    [Fact]
    public void One_of_two_interfaces_removed_is_added_to_the_other()
    {
        (Container container, NamespaceProcess process) = Make();
        Hold(process);
        string host = process.Connect();
        process.Send(3);
        (long Rx, long Tx) first = process.Settled("eth0");
        Start(container);
        Command.Run("ip", "link", "delete", host);
        Sampler.RunCycle();

        // By the same name, with counters from zero.
        process.Connect();
        process.Send(1);
        Sampler.RunCycle();
        (long Rx, long Tx) second = process.Settled("eth0");
        Assert.Equal((first.Rx + second.Rx, first.Tx + second.Tx, 1), EndOf(container, process));
    }

    [Fact]
    public void Macvlan_removed_inside_keeps_what_it_counted()
    {
        string lower = NamespaceProcess.UniqueName("l");
        Command.Run("ip", "link", "add", lower, "type", "veth", "peer", "name", "p" + lower);
        try
        {
            Command.Run("ip", "link", "set", lower, "up");
            Command.Run("ip", "link", "set", "p" + lower, "up");
            (Container container, NamespaceProcess process) = Make();
            Hold(process);
            string made = NamespaceProcess.UniqueName("v");
            Command.Run("ip", "link", "add", "link", lower, "name", made, "type", "macvlan", "mode", "bridge");
            Command.Run("ip", "link", "set", made, "netns", $"{process.Pid}");
            process.Run("sh", "-c", $"ip link set {made} name eth0; ip link set eth0 up; ip addr add 10.78.0.2/24 dev eth0; ip neigh replace 10.78.0.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent");
            Start(container);
            for (int i = 0; i < 6; i++) process.Run("bash", "-c", "printf %01000d 0 > /dev/udp/10.78.0.1/9");
            (long Rx, long Tx) inside = process.Settled("eth0");
            Assert.True(inside.Tx > 6000);
            process.Run("ip", "link", "delete", "eth0");
            Assert.Equal((inside.Rx, inside.Tx, 1), EndOf(container, process));
        }
        finally
        {
            Command.Run("ip", "link", "delete", lower);
        }
    }

    [Fact]
    public void Namespace_destroyed_with_its_veth_reports_received_bytes_exactly()
    {
        // Nothing was read at the exit: what the host's end has sent is in its last message; what was sent is known to a part.
        (Container container, NamespaceProcess process) = Make();
        process.Connect();
        Start(container, isWatched: false);
        (long Rx, long Tx) before = process.Counted("eth0");
        process.Send(4);
        (long Rx, long Tx) inside = process.Settled("eth0");
        Assert.True(inside.Rx > before.Rx);
        (long rx, long tx, long final) = EndOf(container, process);
        Assert.Equal((inside.Rx, 0), (rx, final));
        Assert.InRange(tx, before.Tx, inside.Tx);
    }

    [Fact]
    public void Interface_gone_without_a_message_is_not_final()
    {
        _options = _options with { RemovalBufferBytes = 4096 };
        (Container container, NamespaceProcess process) = Make();
        Hold(process);
        process.Connect();
        process.Send(3);
        Start(container);
        (long Rx, long Tx) inside = process.Settled("eth0");
        Sampler.RunCycle();

        // More messages than the socket holds, before anybody reads them.
        string prefix = NamespaceProcess.UniqueName("q");
        Command.RunWithInput(string.Concat(Enumerable.Range(0, 60).Select(i => $"link add {prefix}{i} type veth peer name r{prefix}{i}\nlink delete {prefix}{i}\n")), "ip", "-batch", "-");
        process.Run("ip", "link", "delete", "eth0");
        Sampler.RunCycle();
        Assert.Equal((inside.Rx, inside.Tx, 0), EndOf(container, process));
        Assert.True(_counters[AgentCounter.LinkMessagesLost] > 0);
    }

    [Fact]
    public void Exit_of_a_member_reports_nothing_and_the_owners_reports_all()
    {
        (Container owner, NamespaceProcess process) = Make();
        Hold(process);
        process.Connect();
        (Container member, NamespaceProcess sharing) = Share(process);
        Start(owner, member);
        process.Send(3);
        Assert.Null(ExitOf(member, sharing));
        (long Rx, long Tx) inside = process.Settled("eth0");
        Assert.Equal((inside.Rx, inside.Tx, 1), EndOf(owner, process));
    }

    [Fact]
    public void Member_that_inherits_the_namespace_reports_no_totals()
    {
        (Container owner, NamespaceProcess process) = Make();
        Hold(process);
        process.Connect();
        (Container member, NamespaceProcess sharing) = Share(process);
        Start(owner, member);
        process.Send(3);
        (long Rx, long Tx) inside = process.Settled("eth0");

        // Traffic goes on: what is reported now is not the whole.
        Assert.Equal((inside.Rx, inside.Tx, 0), EndOf(owner, process));
        Sampler.RunCycle();
        Sampler.RunCycle();
        Assert.True(_consumer.Last("sample", member.Key).Readings.ContainsKey(Reading.NetworkRxBytes));
        Assert.Null(ExitOf(member, sharing));
    }

    [Fact]
    public void Next_owner_of_a_held_namespace_reports_what_came_after_the_first()
    {
        (Container first, NamespaceProcess process) = Make();
        NamespaceMount mount = Hold(process);
        process.Connect();
        Start(first);
        process.Send(3);
        (long Rx, long Tx) before = process.Settled("eth0");
        Assert.Equal((before.Rx, before.Tx, 1), EndOf(first, process));

        NamespaceProcess next = NamespaceProcess.Start("nsenter", "--net=" + mount.Path, "--", "sleep", "infinity");
        Container second = NewContainer(_cgroups.MakeWithProcess("next", next), next);
        Start(second);
        long sentBefore = next.Counted("eth0").Tx;
        next.Run("bash", "-c", $"printf %01000d 0 > /dev/udp/10.231.{process.Network}.1/9");
        Assert.True(next.Counted("eth0").Tx > sentBefore);
        (long Rx, long Tx) after = next.Settled("eth0");
        Assert.Equal((after.Rx - before.Rx, after.Tx - before.Tx, 1), EndOf(second, next));
    }

    [Fact]
    public void Container_without_an_interface_reports_zero_if_its_namespace_was_read()
    {
        (Container held, NamespaceProcess one) = Make();
        Hold(one);
        (Container other, NamespaceProcess two) = Make();
        Start(held, other);
        Assert.Equal((0, 0, 1), EndOf(held, one));
        Assert.Equal((0, 0, 0), EndOf(other, two));
    }

    [Theory]
    [InlineData("exits")]
    [InlineData("exits from a namespace that is held")]
    [InlineData("inherits the namespace, and exits")]
    [InlineData("enters another namespace")]
    [InlineData("enters the host's namespace")]
    [InlineData("leaves the list without an exit")]
    public void Traffic_of_containers_that_come_and_go_is_forgotten(string how)
    {
        for (int round = 0; round < 3; round++)
        {
            (Container container, NamespaceProcess process) = Make();
            process.Connect();
            NamespaceMount? mount = how == "exits from a namespace that is held" ? Hold(process) : null;
            Start(container, isWatched: false);
            Assert.Equal(1, Sampler.NamespacesCounted);
            switch (how)
            {
                case "inherits the namespace, and exits":
                    (Container member, NamespaceProcess sharing) = Share(process);
                    Start(member, isWatched: false);
                    EndOf(container, process);
                    Sampler.RunCycle();
                    Assert.Equal(1, Sampler.NamespacesCounted);
                    Assert.Null(ExitOf(member, sharing));
                    break;
                case "enters another namespace":
                    using (NamespaceProcess next = NamespaceProcess.Start())
                    {
                        Replace(container, process, next);
                        Assert.Equal(1, Sampler.NamespacesCounted);
                        _source.Publish();
                        Sampler.RunCycle();
                    }

                    break;
                case "enters the host's namespace":
                    using (NamespaceProcess next = NamespaceProcess.StartOnHost()) Replace(container, process, next);
                    break;
                case "leaves the list without an exit":
                    _source.Publish();
                    Sampler.RunCycle();
                    break;
                default:
                    EndOf(container, process);
                    break;
            }

            if (mount is not null)
            {
                Assert.Equal(1, Sampler.NamespacesCounted);
                mount.Dispose();
                _mounted.Remove(mount);
                Sampler.RunCycle();
            }

            Assert.Equal(0, Sampler.NamespacesCounted);
            _source.Publish();
        }

        void Replace(Container container, NamespaceProcess process, NamespaceProcess next)
        {
            _cgroups.Put(container.CgroupPath, next.Pid);
            _source.Publish(container with { Init = next.Directory });
            process.Kill();
            Sampler.RunCycle();
        }
    }

    [Fact]
    public void Network_of_the_next_life_in_a_cgroup_is_searched_and_counted()
    {
        (Container container, NamespaceProcess process) = Make();
        process.Connect();
        Start(container, isWatched: false);
        process.Send(3);
        Sampler.RunCycle();
        process.Kill();
        _source.Happened(new ContainerExit(container, SystemClock.RealtimeNs(), WatchTexts.None, 77, 0, null, IsFinal: false));
        Eventually.True(
            () =>
            {
                Sampler.RunBetweenCycles(long.MaxValue);
                return _consumer.Entries.Any(entry => entry.What == "exit");
            },
            "the first exit");

        using NamespaceProcess next = NamespaceProcess.Start();
        _cgroups.Put(container.CgroupPath, next.Pid);
        next.Connect();
        Container again = container with { Init = next.Directory };
        _source.Watch(again);
        _source.Publish(again);
        Sampler.RunBetweenCycles(long.MaxValue);
        Assert.Equal(1, Sampler.NamespacesCounted);
        _consumer.DequeueAll();
        NamespaceMount mount = Hold(next);
        next.Send(5);
        Sampler.RunCycle();
        (long Rx, long Tx) inside = next.Settled("eth0");
        Assert.True(inside.Tx > 5000);
        Assert.Equal((inside.Rx, inside.Tx, 1), EndOf(again, next));
        Assert.True(File.Exists(mount.Path));
    }

    private Sampler Sampler => _sampler ??= new Sampler(_source, _consumer, _hierarchies, new HostRoots(), _options, _counters, NullLoggerFactory.Instance)
    {
        BetweenCyclesBudgetNs = 30_000_000_000,
    };

    private void Start(params Container[] containers) => Start(containers, isWatched: true);

    private void Start(Container container, bool isWatched) => Start([container], isWatched);

    private void Start(Container[] containers, bool isWatched)
    {
        if (isWatched)
        {
            foreach (Container container in containers) _source.Watch(container);
        }

        _source.Publish([.. _source.Current.Containers, .. containers]);
        Sampler.RunCycle();
    }

    /// <summary>Ends it, and returns the network totals of its exit: bytes received and sent, and whether that is final.</summary>
    private (long Rx, long Tx, long Final) EndOf(Container container, NamespaceProcess process)
    {
        IReadOnlyDictionary<Reading, long>? exit = ExitOf(container, process);
        Assert.NotNull(exit);
        return (exit[Reading.ExitRxBytes], exit[Reading.ExitTxBytes], exit[Reading.ExitNetworkFinal]);
    }

    private IReadOnlyDictionary<Reading, long>? ExitOf(Container container, NamespaceProcess process)
    {
        process.Kill();
        WatchTexts texts = _source.TextsOf(container);
        _source.Happened(new ContainerExit(container, SystemClock.RealtimeNs(), texts, 77, 0, null, IsFinal: true));
        Eventually.True(
            () =>
            {
                Sampler.RunBetweenCycles(long.MaxValue);
                return _consumer.Entries.Any(entry => entry.What == "exit" && entry.Key == container.Key);
            },
            "the exit");
        _source.Publish([.. _source.Current.Containers.Where(one => one.Key != container.Key)]);
        IReadOnlyDictionary<Reading, long> exit = _consumer.Last("exit", container.Key).Readings;
        return exit.ContainsKey(Reading.ExitRxBytes) || exit.ContainsKey(Reading.ExitNetworkFinal) ? exit : null;
    }

    private (Container Container, NamespaceProcess Process) Make()
    {
        (string path, NamespaceProcess process) = _cgroups.MakeWithProcess($"c{_keys + 1}");
        return (NewContainer(path, process), process);
    }

    /// <summary>Another container in the same namespace, which started later.</summary>
    private (Container Container, NamespaceProcess Process) Share(NamespaceProcess process)
    {
        NamespaceProcess sharing = NamespaceProcess.StartLaterIn(process);
        return (NewContainer(_cgroups.MakeWithProcess($"c{_keys + 1}", sharing), sharing), sharing);
    }

    private Container NewContainer(string path, NamespaceProcess process)
    {
        int key = ++_keys;
        return new Container(key, new ContainerIdentity(ContainerRuntime.Cgroup, path, $"c{key}"), path, process.Directory);
    }

    /// <summary>Holds its namespace by a bind mount, as runtimes do.</summary>
    private NamespaceMount Hold(NamespaceProcess process)
    {
        var mount = new NamespaceMount(process, Path.Combine(_mounts.Path, $"cni-{process.Pid}"));
        _mounted.Add(mount);
        return mount;
    }
}
