using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Sample;
using NsCollector.Sample.Net;

namespace NsCollector.LinuxTests.Sample.Net;

/// <summary>Property: every namespace has one owner, and the grouping follows the processes.</summary>
[Collection(NamespaceTests.Name)]
public sealed class NetworkNamespacesTests
{
    [Theory]
    [InlineData(NetworkMode.Visit)]
    [InlineData(NetworkMode.Proc)]
    public void Owner_of_shared_namespace_is_first_process_and_host_none(NetworkMode mode)
    {
        using NamespaceProcess sandbox = NamespaceProcess.Start();
        using NamespaceProcess alone = NamespaceProcess.Start();
        using NamespaceProcess host = NamespaceProcess.StartOnHost();

        using NamespaceProcess member = NamespaceProcess.StartLaterIn(sandbox);
        using var visitor = new TestVisitor(new SampleOptions { Network = mode });
        var namespaces = new NetworkNamespaces(visitor.Visitor);

        namespaces.Update(List(1, member, alone, host, sandbox), Now());
        Assert.Equal([1, 3], namespaces.Owners.ToArray());
        Assert.Equal(2, namespaces.Count);
        Assert.Equal([3, 1, -1, 3], Enumerable.Range(0, 4).Select(namespaces.OwnerOf));
    }

    // As in a container on a host with a protected process 1: here another process has the role of process 1.
    [Fact]
    public void Host_namespace_is_known_even_if_process_1_is_protected()
    {
        using NamespaceProcess first = NamespaceProcess.Start();
        using NamespaceProcess onHost = NamespaceProcess.StartIn(first);
        using NamespaceProcess alone = NamespaceProcess.Start();
        using NamespaceProcess withTheAgent = NamespaceProcess.StartOnHost();
        using var proc = new TemporaryDirectory();
        Directory.CreateDirectory(proc.Path + "/1");
        File.CreateSymbolicLink(proc.Path + "/1/net", $"/proc/{first.Pid}/net");
        using var visitor = new TestVisitor(roots: new HostRoots(Proc: proc.Path));
        var namespaces = new NetworkNamespaces(visitor.Visitor);

        namespaces.Update(List(1, alone, onHost, withTheAgent), Now());

        Assert.Equal([0, -1, 2], Enumerable.Range(0, 3).Select(namespaces.OwnerOf));
        Assert.Equal(NetworkVisitResult.HostNamespace, visitor.Visit(onHost.Directory).Result);
        Assert.Equal(NetworkVisitResult.Read, visitor.Visit(withTheAgent.Directory).Result);
    }

    [Fact]
    public void Owner_of_equal_start_time_is_first_discovered()
    {
        using NamespaceProcess one = NamespaceProcess.Start();
        using NamespaceProcess two = NamespaceProcess.StartIn(one);
        using var visitor = new TestVisitor();
        var namespaces = new NetworkNamespaces(visitor.Visitor);
        var together = new ProcessDirectory(two.Directory.Descriptor, two.Pid, one.Directory.StartedBoottimeNs);
        namespaces.Update(new ContainerList(1, [Container(1, one.Directory), Container(2, together)]), Now());
        Assert.Equal([0], namespaces.Owners.ToArray());
    }

    [Fact]
    public void Container_without_process_owns_none()
    {
        using NamespaceProcess one = NamespaceProcess.Start();
        using var visitor = new TestVisitor();
        var namespaces = new NetworkNamespaces(visitor.Visitor);
        namespaces.Update(new ContainerList(1, [Container(1, null), Container(2, one.Directory)]), Now());
        Assert.Equal([1], namespaces.Owners.ToArray());
        Assert.Equal(-1, namespaces.OwnerOf(0));
        namespaces.Update(ContainerList.Empty with { Generation = 2 }, Now());
        Assert.Equal(0, namespaces.Count);
    }

    [Fact]
    public void Young_process_entering_namespace_late_is_found()
    {
        using NamespaceProcess helper = NamespaceProcess.StartWithInput("sh", "-c", "read go; exec unshare -n sleep infinity");
        using var visitor = new TestVisitor();
        var namespaces = new NetworkNamespaces(visitor.Visitor);
        ContainerList list = List(1, helper);
        namespaces.Update(list, Now());
        Assert.Equal(0, namespaces.Count);

        helper.Continue();
        helper.WaitForSleep();
        namespaces.Update(list, Now());
        Assert.Equal([0], namespaces.Owners.ToArray());
    }

    [Fact]
    public void Old_process_entering_another_namespace_is_found()
    {
        using NamespaceProcess helper = NamespaceProcess.StartWithInput("sh", "-c", "read go; exec unshare -n sleep infinity");
        using var visitor = new TestVisitor();
        var namespaces = new NetworkNamespaces(visitor.Visitor);
        ContainerList list = List(1, helper);
        long anHourLater = Now() + 3_600_000_000_000;
        namespaces.Update(list, anHourLater);
        helper.Continue();
        helper.WaitForSleep();
        for (int cycle = 0; cycle < 2; cycle++) namespaces.Update(list, anHourLater);
        Assert.Equal([0], namespaces.Owners.ToArray());
    }

    [Fact]
    public void Record_owner_in_owned_namespace_is_not_reported_twice()
    {
        using NamespaceProcess first = NamespaceProcess.Start();
        string mark = first.Mark();
        // As StartLaterIn.
        Thread.Sleep(30);
        using NamespaceProcess mover = NamespaceProcess.StartWithInput(
            "unshare", "-n", "sh", "-c", $"read go; exec nsenter -t {first.Pid} -n sleep infinity");
        Eventually.True(() => File.ReadAllText($"/proc/{mover.Pid}/comm") == "sh\n", "the shell");
        using var visitor = new TestVisitor();
        var namespaces = new NetworkNamespaces(visitor.Visitor);
        ContainerList list = List(1, first, mover);
        long anHourLater = Now() + 3_600_000_000_000;
        namespaces.Update(list, anHourLater);
        Assert.Equal([0, 1], namespaces.Owners.ToArray());

        mover.Continue();
        mover.WaitForSleep();
        NetworkTarget[] targets = [TestVisitor.TargetOf(first.Directory, 0), TestVisitor.TargetOf(mover.Directory, 1)];
        visitor.Visitor.Visit(targets, 2);
        Assert.Contains(mark, NetworkFiles.Interfaces(targets[1].Sample!.Interfaces).Keys);
        namespaces.Record(targets);
        Assert.Equal(2, targets[0].Sample!.Interfaces.Count);
        Assert.Equal(0, targets[1].Sample!.Interfaces.Count);
        namespaces.Update(list, anHourLater);
        Assert.Equal([0], namespaces.Owners.ToArray());
        Assert.Equal(0, namespaces.OwnerOf(1));
    }

    [Fact]
    public void Owner_exits_next_oldest_becomes_owner()
    {
        using NamespaceProcess owner = NamespaceProcess.Start();
        using NamespaceProcess member = NamespaceProcess.StartLaterIn(owner);
        using var visitor = new TestVisitor();
        var namespaces = new NetworkNamespaces(visitor.Visitor);
        ContainerList list = List(1, member, owner);
        long anHourLater = Now() + 3_600_000_000_000;
        namespaces.Update(list, anHourLater);
        Assert.Equal([1], namespaces.Owners.ToArray());

        NetworkTarget target = TestVisitor.TargetOf(owner.Directory, 1);
        owner.Kill();
        visitor.Visitor.Visit([target], 1);
        Assert.Equal(NetworkVisitResult.ProcessGone, target.Result);
        namespaces.Record([target]);
        namespaces.Update(list, anHourLater);
        Assert.Equal([0], namespaces.Owners.ToArray());
    }

    [Fact]
    public void Owner_stays_when_an_older_process_is_found_later()
    {
        using NamespaceProcess older = NamespaceProcess.Start();
        using NamespaceProcess owner = NamespaceProcess.StartLaterIn(older);
        using var visitor = new TestVisitor();
        var namespaces = new NetworkNamespaces(visitor.Visitor);
        namespaces.Update(new ContainerList(1, [Container(2, owner.Directory)]), Now());
        namespaces.Update(new ContainerList(2, [Container(1, older.Directory), Container(2, owner.Directory)]), Now());
        Assert.Equal([1], namespaces.Owners.ToArray());
        Assert.Equal(1, namespaces.OwnerOf(0));

        // Until it exits: then it is the oldest one left.
        owner.Kill();
        namespaces.OnExit(2);
        namespaces.Update(new ContainerList(3, [Container(1, older.Directory)]), Now());
        Assert.Equal([0], namespaces.Owners.ToArray());
    }

    [Fact]
    public void Owner_stays_when_its_init_process_is_found_after_a_helper()
    {
        using NamespaceProcess helper = NamespaceProcess.Start();
        using NamespaceProcess member = NamespaceProcess.StartLaterIn(helper);
        using NamespaceProcess init = NamespaceProcess.StartLaterIn(helper);
        using var visitor = new TestVisitor();
        var namespaces = new NetworkNamespaces(visitor.Visitor);
        namespaces.Update(new ContainerList(1, [Container(1, member.Directory), Container(2, helper.Directory)]), Now());
        Assert.Equal([1], namespaces.Owners.ToArray());
        namespaces.Update(new ContainerList(2, [Container(1, member.Directory), Container(2, init.Directory)]), Now());
        Assert.Equal([1], namespaces.Owners.ToArray());
    }

    [Fact]
    public void Owner_that_starts_again_does_not_take_the_namespace_back()
    {
        using NamespaceProcess owner = NamespaceProcess.Start();
        using NamespaceProcess second = NamespaceProcess.StartLaterIn(owner);
        using NamespaceProcess third = NamespaceProcess.StartLaterIn(owner);
        using NamespaceProcess again = NamespaceProcess.StartLaterIn(owner);
        using var visitor = new TestVisitor();
        var namespaces = new NetworkNamespaces(visitor.Visitor);
        namespaces.Update(new ContainerList(1, [Container(1, owner.Directory), Container(2, third.Directory), Container(3, second.Directory)]), Now());
        Assert.Equal([0], namespaces.Owners.ToArray());
        owner.Kill();
        namespaces.OnExit(1);
        namespaces.Update(new ContainerList(2, [Container(1, again.Directory), Container(2, third.Directory), Container(3, second.Directory)]), Now());
        Assert.Equal([2], namespaces.Owners.ToArray());
    }

    [Fact]
    public void Update_steady_allocates_nothing()
    {
        using NamespaceProcess one = NamespaceProcess.Start();
        using NamespaceProcess two = NamespaceProcess.Start();
        using NamespaceProcess member = NamespaceProcess.StartIn(one);
        using var visitor = new TestVisitor();
        var namespaces = new NetworkNamespaces(visitor.Visitor);
        ContainerList list = List(1, one, two, member);
        NetworkTarget[] targets = [TestVisitor.TargetOf(one.Directory, 0), TestVisitor.TargetOf(two.Directory, 1)];
        long now = Now();
        for (int i = 0; i < 3; i++) Cycle();
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) Cycle();
        }));
        Assert.Equal(2, namespaces.Count);

        void Cycle()
        {
            namespaces.Update(list, now);
            visitor.Visitor.Visit(targets, 2);
            namespaces.Record(targets);
        }
    }

    private static long Now() => Libc.ClockGettime(Libc.CLOCK_BOOTTIME);

    private static Container Container(long key, ProcessDirectory? init) =>
        new(key, new ContainerIdentity(ContainerRuntime.Cgroup, $"c{key}"), $"/c{key}", init);

    private static ContainerList List(long generation, params NamespaceProcess[] processes) =>
        new(generation, [.. processes.Select((process, i) => Container(i + 1, process.Directory))]);
}
