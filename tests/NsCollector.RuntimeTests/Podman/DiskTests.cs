namespace NsCollector.RuntimeTests.Podman;

/// <summary>The disks of podman's containers, beside what du(1) says.</summary>
[Collection(PodmanCollection.Name)]
public sealed class DiskTests(PodmanEngines engines)
{
    [PodmanFact]
    public void Root_on_overlay_has_what_du_says_of_its_upper_directory()
    {
        PodmanEngine podman = engines.Empty("overlay");
        PodmanContainer container = podman.Start("disk");
        podman.Podman("exec", "disk", "sh", "-c", "mkdir -p /data/d; for i in 1 2 3; do dd if=/dev/zero of=/data/d/$i bs=1k count=300; done; ln /data/d/1 /data/link; rm /bin/vi");
        string upper = container.Inspect("{{.GraphDriver.Data.UpperDir}}");
        using RunningAgent agent = new([$"discovery:podman_roots={podman.Root}", "filter:include=podman/*", .. DiskUse.Settings]);
        Point root = DiskUse.Await(agent, "disk", "/", DiskUse.Du(upper));
        Assert.Equal(("walk", upper), (root.Text("used_source"), root.Text("directory")));
        Assert.InRange(root.Integer("used_bytes"), 900 << 10, 1000 << 10);
        Assert.Equal(0, agent.Cycles[^1].Integer("read_errors"));
    }

    /// <summary>The storage driver without an overlay: the root is a directory with a copy of the image.</summary>
    [PodmanFact]
    public void Root_in_a_directory_has_what_du_says_of_it()
    {
        PodmanEngine podman = engines.Empty("vfs");
        PodmanContainer container = podman.Start("disk");
        podman.Podman("exec", "disk", "dd", "if=/dev/zero", "of=/file", "bs=1k", "count=300");
        string directory = podman.Podman("mount", container.Id);
        using RunningAgent agent = new([$"discovery:podman_roots={podman.Root}", "filter:include=podman/*", .. DiskUse.Settings]);
        Point root = DiskUse.Await(agent, "disk", "/", DiskUse.Du(directory));
        Assert.Equal(("walk", directory), (root.Text("used_source"), root.Text("directory")));
    }
}
