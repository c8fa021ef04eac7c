using NsCollector.Discover;
using NsCollector.LinuxTests.Fixtures;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Discover;

/// <summary>Names that are read below the root of a container whose owner is hostile, on the real kernel.</summary>
[Collection(NamespaceTests.Name)]
public sealed class NamesInsideTests : IDisposable
{
    private const string Config = """{"Name":"/web","Config":{"Image":"nginx:1"}}""";
    private static readonly string InnerId = new('c', 64);
    private static readonly string State = $"var/lib/docker/containers/{InnerId}";

    private readonly TestCgroups _cgroups = new();
    private readonly TemporaryDirectory _host = new();
    private readonly List<IDisposable> _programs = [];

    public NamesInsideTests() => _host.Write("secret/config.v2.json", Config.Replace("web", "stolen", StringComparison.Ordinal));

    public void Dispose()
    {
        _programs.ForEach(program => program.Dispose());
        _cgroups.Dispose();
        _host.Dispose();
    }

    [RequiresTheory("busybox", "unshare")]
    [InlineData("echo '$CONFIG' > $STATE/config.v2.json")]
    [InlineData("mkdir data; echo '$CONFIG' > data/file; ln -s /data/../../data/file $STATE/config.v2.json")]
    [InlineData("rmdir $STATE; echo '$CONFIG' > config.v2.json; ln -s /../../.. $STATE")]
    public void Name_and_image_are_those_of_the_file_below_the_root(string setUp)
    {
        Container inner = InnerContainer(setUp, out long errors);
        Assert.Equal(("aaaaaaaaaaaa/web", "nginx:1", 0), (inner.Identity.DisplayName, inner.Identity.Image, errors));
    }

    [RequiresTheory("busybox", "unshare")]
    [InlineData("ln -s $HOST/secret/config.v2.json $STATE/config.v2.json", 0)]
    [InlineData("ln -s ../../../../../../../../../../../../..$HOST/secret/config.v2.json $STATE/config.v2.json", 0)]
    [InlineData("rmdir $STATE; ln -s $HOST/secret $STATE", 0)]
    [InlineData("ln -s /proc/1/root$HOST/secret/config.v2.json $STATE/config.v2.json", 1)]
    [InlineData("mkfifo $STATE/config.v2.json", 1)]
    [InlineData("truncate -s 100M $STATE/config.v2.json", 1)]
    [InlineData("mknod $STATE/config.v2.json c 1 5", 1)]
    [InlineData("mkdir $STATE/config.v2.json", 1)]
    [InlineData("touch $STATE/config.v2.json; mount --bind /proc/self/environ $STATE/config.v2.json", 1)]
    public void File_that_is_not_usable_leaves_the_id_as_name(string setUp, long expectedErrors)
    {
        Container inner = InnerContainer(setUp, out long errors);
        Assert.Equal(("cccccccccccc", null, expectedErrors), (inner.Identity.DisplayName, inner.Identity.Image, errors));
    }

    [RequiresFact("busybox", "unshare")]
    public void Nothing_is_read_if_the_key_is_off()
    {
        Container inner = InnerContainer("echo '$CONFIG' > $STATE/config.v2.json", out _, options => options with { NamesInside = false });
        Assert.Equal("cccccccccccc", inner.Identity.DisplayName);
    }

    [FuseFact("busybox", "unshare")]
    public void Files_that_never_answer_delay_only_names_inside_their_container()
    {
        using RunningDiscovery discovery = new(_cgroups, options => options with { CgroupPaths = [] });

        // A file system in user space whose server never answers a request.
        ProgramWithRoot hanging = Outer('a', "mkdir -p var/lib/docker; exec 9<>/dev/fuse; mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0,allow_other hang var/lib/docker");
        (string stuck, _) = _cgroups.MakeWithProcess($"docker/{new string('a', 64)}/docker/{InnerId}");
        discovery.Walk();
        Assert.Equal("cccccccccccc", discovery.WaitForContainer(stuck).Identity.DisplayName);

        // Meanwhile the host's containers and the walks go on.
        (string next, NamespaceProcess process) = _cgroups.MakeWithProcess("docker/" + new string('d', 64));
        Assert.Equal(process.Pid, discovery.WaitForContainer(next).Init!.Pid);
        discovery.Walk();
        Assert.Equal(0, discovery.Counters[AgentCounter.NamesInsideHung]);

        // Another thread reads the names of another container.
        Outer('b', $"mkdir -p var/lib/docker/containers/{new string('e', 64)}; echo '{Config}' > var/lib/docker/containers/{new string('e', 64)}/config.v2.json");
        (string other, _) = _cgroups.MakeWithProcess($"docker/{new string('b', 64)}/docker/{new string('e', 64)}");
        discovery.Walk();
        Eventually.True(() => discovery.WaitForContainer(other).Identity.DisplayName == "bbbbbbbbbbbb/web", "the other container's name");
        Assert.Equal(1, discovery.Counters[AgentCounter.NamesInsideHung]);
        Assert.Equal("cccccccccccc", discovery.WaitForContainer(stuck).Identity.DisplayName);

        // The kernel ends the requests when the server is gone.
        Assert.Equal(2, Threads());
        hanging.Process.Kill();
        Eventually.True(() => Threads() == 1, "the thread that hung ends");
    }

    private static int Threads() => Directory.EnumerateDirectories("/proc/self/task").Count(task =>
    {
        try
        {
            return File.ReadAllText(task + "/comm") == "names inside\n";
        }
        catch (IOException)
        {
            // The thread has ended meanwhile.
            return false;
        }
    });

    private Container InnerContainer(string setUp, out long errors, Func<DiscoverOptions, DiscoverOptions>? options = null)
    {
        Outer('a', $"mkdir -p {State}; " + setUp.Replace("$HOST", _host.Path, StringComparison.Ordinal).Replace("$STATE", State, StringComparison.Ordinal).Replace("$CONFIG", Config, StringComparison.Ordinal));
        (string path, _) = _cgroups.MakeWithProcess($"docker/{new string('a', 64)}/docker/{InnerId}");
        using RunningDiscovery discovery = new(_cgroups, chosen => (options ?? (same => same))(chosen with { CgroupPaths = [] }), start: false);
        Container inner = Assert.Single(discovery.Containers, container => container.CgroupPath == path);
        errors = discovery.Counters[AgentCounter.NamesInsideErrors];
        return inner;
    }

    private ProgramWithRoot Outer(char id, string setUp)
    {
        var program = new ProgramWithRoot(setUp);
        _programs.Add(program);
        _cgroups.Put(_cgroups.Make("docker/" + new string(id, 64)), program.Process.Pid);
        return program;
    }
}
