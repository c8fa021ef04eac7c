using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Mono.Unix.Native;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>State files of other users, and files that change during a read, on the real kernel.</summary>
public sealed class StateFilePermissionTests : IDisposable
{
    private const int DacOverride = 1;
    private const int DacReadSearch = 2;
    private const uint Nobody = 65534;

    private static readonly string Id = new('a', 64);
    private readonly string _root = Directory.CreateTempSubdirectory("nscollector-state-").FullName;
    private readonly AgentCounters _counters = new();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private ContainerNames Names() => new(
        new DiscoverOptions { DockerRoots = [_root + "/docker"], LxdRoots = [_root + "/lxd"] }, new HostRoots(Run: _root + "/run"), _counters, NullLogger.Instance);

    private string Write(string relative, string text)
    {
        string path = Path.Combine(_root, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    private void GiveAway(string relative, uint mode)
    {
        string path = Path.Combine(_root, relative);
        Assert.Equal(0, Syscall.chown(path, Nobody, Nobody));
        Assert.Equal(0, Syscall.chmod(path, (FilePermissions)mode));
    }

    /// <summary>Runs as root without CAP_DAC_READ_SEARCH and CAP_DAC_OVERRIDE, as an agent of another user.</summary>
    private static void WithoutRights(Action work) => ThreadCapabilities.Without([DacOverride, DacReadSearch], work);

    [Theory]
    [InlineData(ContainerRuntime.Docker, "docker/containers/ID/config.v2.json", """{"Name":"/web"}""")]
    [InlineData(ContainerRuntime.Containerd, "run/containerd/io.containerd.runtime.v2.task/k8s.io/ID/config.json", """{"annotations":{"nerdctl/name":"web"}}""")]
    [InlineData(ContainerRuntime.Crio, "run/containers/storage/overlay-containers/ID/userdata/config.json", """{"annotations":{"io.kubernetes.container.name":"web"}}""")]
    public void Unreadable_file_is_counted_once_and_used_once_readable(ContainerRuntime runtime, string file, string text)
    {
        file = file.Replace("ID", Id, StringComparison.Ordinal);
        Write(file, text);
        GiveAway(Path.GetDirectoryName(file)!, 0x1C0);
        ContainerNames names = Names();
        var container = new RecognisedContainer(runtime, Id, null, null);
        KnownIdentity? known = null;
        WithoutRights(() =>
        {
            for (int i = 0; i < 3; i++) known = names.Resolve(container, "/", known);
        });
        Assert.Equal((null, 1L), (known!.Name, _counters[AgentCounter.IdentityErrors]));
        Assert.Equal("web", names.Resolve(container, "/", known).Name);
        Assert.Equal(1, _counters[AgentCounter.IdentityErrors]);
    }

    [Fact]
    public void Unlistable_namespaces_leave_only_names_of_Kubernetes()
    {
        string tasks = "run/containerd/io.containerd.runtime.v2.task";
        string other = new('b', 64);
        Write($"{tasks}/k8s.io/{Id}/config.json", """{"annotations":{"io.kubernetes.cri.container-name":"web"}}""");
        Write($"{tasks}/default/{other}/config.json", """{"annotations":{"nerdctl/name":"db"}}""");
        GiveAway(tasks, 0x1C9);
        ContainerNames names = Names();
        WithoutRights(() =>
        {
            Assert.Equal("web", names.Resolve(new RecognisedContainer(ContainerRuntime.Containerd, Id, null, null), "/", null).Name);
            Assert.Null(names.Resolve(new RecognisedContainer(ContainerRuntime.Containerd, other, null, null), "/", null).Name);
        });
        Assert.True(_counters[AgentCounter.IdentityErrors] >= 1);
    }

    [Fact]
    public void Unsearchable_LXD_directory_is_counted_once_and_path_name_is_used()
    {
        Directory.CreateDirectory(_root + "/lxd/containers/shop_web");
        GiveAway("lxd/containers", 0x1C0);
        ContainerNames names = Names();
        var container = new RecognisedContainer(ContainerRuntime.Lxc, "shop_web", "shop_web", null);
        KnownIdentity? known = null;
        WithoutRights(() =>
        {
            for (int i = 0; i < 3; i++) known = names.Resolve(container, "/lxc.payload.shop_web", known);
        });
        Assert.Equal(("shop_web", 1L), (known!.Identify(container, null).Name, _counters[AgentCounter.IdentityErrors]));
        Assert.Equal("web", names.Resolve(container, "/lxc.payload.shop_web", known).Name);
    }

    [Fact]
    public void File_replaced_during_reads_gives_only_whole_versions()
    {
        string file = Write($"docker/containers/{Id}/config.v2.json", Text(0));
        ContainerNames names = Names();
        var container = new RecognisedContainer(ContainerRuntime.Docker, Id, null, null);
        bool isDone = false;
        var writer = new Thread(() =>
        {
            for (int version = 1; version <= 300; version++)
            {
                // Docker renames. A write in place gives mixed versions, which must not be used.
                if (version % 2 == 0) File.WriteAllText(file, Text(version));
                else
                {
                    File.WriteAllText(file + ".new", Text(version));
                    File.Move(file + ".new", file, overwrite: true);
                }
            }

            Volatile.Write(ref isDone, true);
        });
        writer.Start();
        KnownIdentity? known = null;
        while (!Volatile.Read(ref isDone))
        {
            known = names.Resolve(container, "/", known);
            if (known.Name is { } name) Assert.Equal((name, name), (known.Image, name));
        }

        writer.Join();
        Assert.Equal("v300", names.Resolve(container, "/", known).Name);

        static string Text(int version) => $$$"""{"Name":"/v{{{version}}}","x":"{{{new string('x', 100_000 + version)}}}","Config":{"Image":"v{{{version}}}"} }""";
    }

    [Fact]
    public void Resolve_a_thousand_unchanged_files_reads_and_allocates_nothing()
    {
        const int count = 1000;
        ContainerNames names = Names();
        RecognisedContainer[] containers =
            [.. Enumerable.Range(0, count).Select(i => new RecognisedContainer(ContainerRuntime.Containerd, i.ToString("x64", CultureInfo.InvariantCulture), null, null))];
        foreach (RecognisedContainer container in containers)
            Write($"run/containerd/io.containerd.runtime.v2.task/k8s.io/{container.Id}/config.json", """{"annotations":{"io.kubernetes.cri.container-name":"web"}}""");
        long readsBefore = Reads();
        KnownIdentity[] known = [.. containers.Select(container => names.Resolve(container, "/", null))];
        Assert.All(known, identity => Assert.Equal("web", identity.Name));
        Assert.True(Reads() - readsBefore >= count, "the kernel does not count this thread's reads");

        readsBefore = Reads();
        Assert.Equal(0, Allocated.LeastOf(() =>
        {
            for (int i = 0; i < count; i++) Assert.True(ReferenceEquals(known[i], names.Resolve(containers[i], "/", known[i])));
        }));
        Assert.InRange(Reads() - readsBefore, 0, 20);

        // syscr of proc_pid_io(5): this thread's read(2) and similar calls.
        static long Reads() => long.Parse(File.ReadLines("/proc/thread-self/io").Single(line => line.StartsWith("syscr:", StringComparison.Ordinal)).AsSpan(7), CultureInfo.InvariantCulture);
    }
}
