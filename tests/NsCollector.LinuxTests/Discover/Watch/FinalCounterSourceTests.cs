using System.Globalization;
using NsCollector.Discover.Watch;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Discover.Watch;

/// <summary>Network counters of containers whose processes have exited.</summary>
[Collection(NamespaceTests.Name)]
public sealed class FinalCounterSourceTests
{
    [Fact]
    public void Bind_mount_gives_counters_of_the_namespace()
    {
        using var fixture = new WatchFixture();
        using var directory = new TemporaryDirectory();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.Start());
        Exchange(process);
        ulong inode = Inode($"/proc/{process.Pid}/ns/net");
        string mount = Mount(process, directory);
        try
        {
            fixture.Watch.SetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(inode, mount, []));
            Assert.Equal(0, fixture.Follow(watched, process));
            process.Kill();
            (long RxBytes, long TxBytes)? network = fixture.Next(watched, WatchRecordKind.Exited).Texts.Network;
            Assert.Equal(Sums(Command.Run("nsenter", "--net=" + mount, "cat", "/proc/thread-self/net/dev")), network);
            Assert.True(network!.Value.TxBytes > 5000);
            Assert.Equal(0, fixture.Watch.Counts.NamespaceDescriptors);
            string home = File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name;
            Assert.All(Directory.GetDirectories("/proc/self/task"), task => Assert.Equal(home, File.ResolveLinkTarget(task + "/ns/net", false)!.Name));
        }
        finally
        {
            Command.Run("umount", mount);
        }
    }

    [Fact]
    public void Bind_mount_of_other_namespace_is_not_entered()
    {
        using var fixture = new WatchFixture();
        using var directory = new TemporaryDirectory();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.Start());
        using NamespaceProcess other = NamespaceProcess.Start();
        Exchange(other);
        ulong inode = Inode($"/proc/{process.Pid}/ns/net");
        string mount = Mount(other, directory);
        try
        {
            fixture.Watch.SetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(inode, mount, []));
            Assert.Equal(0, fixture.Follow(watched, process));
            process.Kill();
            WatchRecord exited = fixture.Next(watched, WatchRecordKind.Exited);
            Assert.Null(exited.Texts.Network);
            Assert.True(exited.Texts.IsComplete);
        }
        finally
        {
            Command.Run("umount", mount);
        }
    }

    [Fact]
    public void Veth_peer_gives_counters_as_the_container_saw_them()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.Start());
        string host = Exchange(process);

        // As runtimes do. Otherwise the kernel begins to remove the pair before the process is a zombie, which is a race.
        using NamespaceProcess holder = NamespaceProcess.StartIn(process);
        (long, long) inside = Sums(process.Run("cat", "/proc/thread-self/net/dev"));
        fixture.Watch.SetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(1, null, [(Index(host), host)]));
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Kill();
        Assert.Equal(inside, fixture.Next(watched, WatchRecordKind.Exited).Texts.Network);
    }

    [Fact]
    public void Veth_peer_renamed_or_missing_gives_no_counters()
    {
        using var fixture = new WatchFixture();
        foreach (bool second in new[] { false, true })
        {
            WatchFixture.Watched watched = fixture.Add("a" + second);
            NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.Start());
            string host = Exchange(process);
            FinalCounterSource source = second
                ? new FinalCounterSource(1, null, [(Index(host), host), (Index(host) + 100_000, "gone0")])
                : new FinalCounterSource(1, null, [(Index(host) + 100_000, host)]);
            fixture.Watch.SetFinalCounterSource(watched.Handle, watched.Key, source);
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
    public void Invalid_peer_name_is_refused(string name)
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        Assert.Equal(-Errno.EINVAL, fixture.Watch.TrySetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(1, null, [(1, name)])));
    }

    [Fact]
    public void Too_long_name_or_too_many_peers_gives_no_sum()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.StartOnHost());
        Assert.Equal(0, fixture.Watch.TrySetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(1, null, [(1, "lo"), (2, "sixteen-bytes-xx")])));
        Assert.Equal(0, fixture.Watch.TrySetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(1, null, [.. Enumerable.Repeat((1, "lo"), 65)])));
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Kill();
        Assert.Null(fixture.Next(watched, WatchRecordKind.Exited).Texts.Network);
    }

    /// <summary>Connects the process to the host and sends some packets.</summary>
    private static string Exchange(NamespaceProcess process)
    {
        string host = process.Connect();
        process.Run("bash", "-c", $"for i in 1 2 3 4 5; do printf %01000d 0 > /dev/udp/10.231.{process.Network}.1/9; done");

        // The kernel limits ICMP answers to a few each second; by then all of them have arrived.
        Thread.Sleep(50);
        return host;
    }

    private static string Mount(NamespaceProcess process, TemporaryDirectory directory)
    {
        string mount = directory.Path + "/net";
        File.WriteAllText(mount, "");
        Command.Run("mount", "--bind", $"/proc/{process.Pid}/ns/net", mount);
        return mount;
    }

    private static ulong Inode(string path)
    {
        string link = File.ResolveLinkTarget(path, false)!.Name;
        return ulong.Parse(link.AsSpan("net:[".Length).TrimEnd(']'), CultureInfo.InvariantCulture);
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
