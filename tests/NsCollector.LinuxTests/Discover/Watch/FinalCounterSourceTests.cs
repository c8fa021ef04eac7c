using System.Globalization;
using NsCollector.Discover.Watch;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Discover.Watch;

/// <summary>The network counters of containers whose processes have ended.</summary>
[Collection(NamespaceTests.Name)]
public sealed class FinalCounterSourceTests
{
    [Fact]
    public void By_a_bind_mount_they_are_what_the_namespace_itself_says()
    {
        using var fixture = new WatchFixture();
        using var directory = new TemporaryDirectory();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.Start());
        Exchange(process);
        ulong inode = process.NetInode;
        using var mount = new NamespaceMount(process, directory.Path + "/net");
        fixture.Watch.SetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(inode, mount.Path, [new FinalLink("eth0", 0, "")], 3));
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Kill();
        FinalNetwork? network = fixture.Next(watched, WatchRecordKind.Exited).Texts.Network;
        (long rx, long tx) = Sums(Command.Run("nsenter", "--net=" + mount.Path, "cat", "/proc/thread-self/net/dev"));
        Assert.Equal(new FinalNetwork(3, rx, tx, 1, 0), network);
        Assert.True(network!.Value.TxBytes > 5000);
        Assert.Equal(0, fixture.Watch.Counts.NamespaceDescriptors);
        string home = File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name;
        Assert.All(Directory.GetDirectories("/proc/self/task"), task => Assert.Equal(home, File.ResolveLinkTarget(task + "/ns/net", false)!.Name));
    }

    [Fact]
    public void A_mount_that_is_of_another_namespace_by_now_is_not_entered()
    {
        using var fixture = new WatchFixture();
        using var directory = new TemporaryDirectory();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.Start());
        using NamespaceProcess other = NamespaceProcess.Start();
        Exchange(other);
        ulong inode = process.NetInode;
        using var mount = new NamespaceMount(other, directory.Path + "/net");
        fixture.Watch.SetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(inode, mount.Path, [new FinalLink("eth0", 0, "")], 3));
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Kill();
        WatchRecord exited = fixture.Next(watched, WatchRecordKind.Exited);
        Assert.Null(exited.Texts.Network);
        Assert.True(exited.Texts.IsComplete);
    }

    [Fact]
    public void By_the_hosts_end_of_a_veth_pair_they_are_what_the_container_saw()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.Start());
        string host = Exchange(process);

        // As runtimes do. Else the kernel begins to take the pair apart before the process is a zombie, and who comes first is chance.
        using NamespaceProcess holder = NamespaceProcess.StartIn(process);
        (long, long) inside = Sums(process.Run("cat", "/proc/thread-self/net/dev"));
        fixture.Watch.SetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(1, null, [new FinalLink("eth0", Index(host), host)], 4));
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Kill();
        (long rx, long tx) = inside;
        Assert.Equal(new FinalNetwork(4, rx, tx, 1, null), fixture.Next(watched, WatchRecordKind.Exited).Texts.Network);
    }

    [Fact]
    public void Name_that_belongs_to_another_interface_by_now_is_not_read()
    {
        using var fixture = new WatchFixture();
        foreach (bool second in new[] { false, true })
        {
            WatchFixture.Watched watched = fixture.Add("a" + second);
            NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.Start());
            string host = Exchange(process);
            FinalCounterSource end = second
                ? new FinalCounterSource(1, null, [new FinalLink("eth1", Index(host) + 100_000, "gone0"), new FinalLink("eth2", 0, "")])
                : new FinalCounterSource(1, null, [new FinalLink("eth0", Index(host) + 100_000, host)]);
            fixture.Watch.SetFinalCounterSource(watched.Handle, watched.Key, end);
            Assert.Equal(0, fixture.Follow(watched, process));
            process.Kill();
            Assert.Null(fixture.Next(watched, WatchRecordKind.Exited).Texts.Network);
        }
    }

    [Theory]
    [InlineData("../lo")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("..")]
    public void A_name_that_would_lead_elsewhere_is_refused(string name)
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        Assert.Equal(-Errno.EINVAL, fixture.Watch.TrySetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(1, null, [new FinalLink("eth0", 1, name)])));
    }

    [Fact]
    public void Name_that_is_too_long_and_too_many_of_them_are_refused()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.StartOnHost());
        Assert.Equal(-Errno.EINVAL, fixture.Watch.TrySetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(1, null, [Lo, new FinalLink("eth0", 2, "sixteen-bytes-xx")])));
        Assert.Equal(-Errno.EINVAL, fixture.Watch.TrySetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(1, null, [.. Enumerable.Repeat(Lo, 65)])));
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Kill();
        Assert.Null(fixture.Next(watched, WatchRecordKind.Exited).Texts.Network);
    }

    private static FinalLink Lo => new("eth0", 1, "lo");

    [Fact]
    public void Links_that_are_not_asked_for_are_counted_and_not_summed()
    {
        using var fixture = new WatchFixture();
        using var directory = new TemporaryDirectory();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.Start());
        Exchange(process);
        process.Mark();
        using var mount = new NamespaceMount(process, directory.Path + "/net");
        long[] eth0 = NetworkFiles.Interfaces(process.ReadProc("net/dev"))["eth0"];
        fixture.Watch.SetFinalCounterSource(
            watched.Handle, watched.Key, new FinalCounterSource(process.NetInode, mount.Path, [new FinalLink("gone", 0, ""), new FinalLink("eth0", 0, "")], 9));
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Kill();
        Assert.Equal(new FinalNetwork(9, eth0[0], eth0[8], 2, 2), fixture.Next(watched, WatchRecordKind.Exited).Texts.Network);
    }

    /// <summary>Connects it, and has some packets go.</summary>
    private static string Exchange(NamespaceProcess process)
    {
        string host = process.Connect();
        process.Send(5);
        process.Settled("eth0");
        return host;
    }

    private static int Index(string name) => int.Parse(File.ReadAllText($"/sys/class/net/{name}/ifindex"), CultureInfo.InvariantCulture);

    private static (long RxBytes, long TxBytes) Sums(string dev)
    {
        long rx = 0;
        long tx = 0;
        foreach (string line in dev.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2))
        {
            string[] parts = line.Split(':', 2, StringSplitOptions.TrimEntries);
            if (parts[0] == "lo") continue;
            string[] numbers = parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            rx += long.Parse(numbers[0], CultureInfo.InvariantCulture);
            tx += long.Parse(numbers[8], CultureInfo.InvariantCulture);
        }

        return (rx, tx);
    }
}
