namespace NsCollector.RuntimeTests.Lxc;

/// <summary>The disk of an LXC container whose root is a directory of the host, beside what du(1) says.</summary>
[Collection(LxcCollection.Name)]
public sealed class DiskTests
{
    private const string Name = "disk-1.x";

    [RequiresFact("lxc-start", "busybox", "ip")]
    public void Root_has_what_du_says_of_its_directory()
    {
        using var container = new LxcContainer(Name, 64 << 20);
        string data = Directory.CreateDirectory($"/proc/{container.Pid}/root/data").FullName;
        for (int i = 0; i < 5; i++) File.WriteAllBytes($"{data}/{i}", new byte[100_000]);
        using RunningAgent agent = new(["filter:include=lxc/*", .. DiskUse.Settings]);
        Point root = DiskUse.Await(agent, Name, "/", DiskUse.Du(container.Root));
        Assert.Equal(("walk", container.Root), (root.Text("used_source"), root.Text("directory")));
        Assert.True(root.Integer("used_bytes") > 500_000);
        Assert.Equal(0, agent.Cycles[^1].Integer("read_errors"));
    }
}
