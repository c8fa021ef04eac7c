namespace NsCollector.RuntimeTests.Docker;

/// <summary>The disks of Docker's containers, beside what du(1) and statfs(2) say.</summary>
public sealed class DiskTests(DockerEngine engine) : DockerTests(engine)
{
    [DockerFact]
    public void Root_and_volumes_have_what_du_says()
    {
        using RunningAgent agent = new([.. Engine.Settings, .. DiskUse.Settings]);
        using DockerContainer container = Engine.Start(
            "disk", ["-v", "nsctest-disk:/data", "--tmpfs", "/ram:size=1m"],
            "for d in /usr/d /data/d; do mkdir -p $d; for i in 1 2 3 4 5 6 7 8 9; do echo $i > $d/$i; done; dd if=/dev/zero of=$d/file bs=1k count=700; done; dd if=/dev/zero of=/ram/file bs=1k count=200; rm -f /etc/passwd; echo done; exec sleep 1000");
        try
        {
            container.AwaitLine("done");
            string upper = container.Inspect().GetProperty("GraphDriver").GetProperty("Data").GetProperty("UpperDir").GetString()!;
            string volume = Engine.Docker("volume", "inspect", "-f", "{{.Mountpoint}}", "nsctest-disk").Trim();
            Point root = DiskUse.Await(agent, "disk", "/", DiskUse.Du(upper));
            Assert.Equal(("walk", upper), (root.Text("used_source"), root.Text("directory")));
            Assert.InRange(root.Integer("used_age_ns"), 1, 60_000_000_000);
            Assert.False(root.Has("limit_bytes"));
            Point data = DiskUse.Await(agent, "disk", "/data", DiskUse.Du(volume));
            Assert.Equal(("walk", volume), (data.Text("used_source"), data.Text("directory")));
            Point ram = DiskUse.Await(agent, "disk", "/ram", 200 * 1024);
            Assert.Equal(("statfs", 1L << 20, "tmpfs"), (ram.Text("used_source"), ram.Integer("limit_bytes"), ram.Tags["fstype"]));

            // No file that Docker mounts into each container, and nothing of proc, sys and dev.
            Assert.Equal(["/", "/data", "/ram"], DiskUse.Of(agent, "disk").Select(point => point.Tags["mount_point"]).Distinct().Order());
            Assert.Equal(0, agent.Cycles[^1].Integer("read_errors"));
        }
        finally
        {
            Engine.Docker("rm", "-f", "disk");
            Engine.Docker("volume", "rm", "nsctest-disk");
        }
    }
}
