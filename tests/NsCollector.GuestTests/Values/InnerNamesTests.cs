namespace NsCollector.GuestTests.Values;

/// <summary>The confined service reads the names of containers inside a container.</summary>
[Collection(GuestCollection.Name)]
public sealed class InnerNamesTests(Guest guest) : IDisposable
{
    private const string Outer = "outer-of-names";

    private static readonly string Id = new('b', 64);

    private string _cgroup = "";

    public void Dispose()
    {
        if (Guest.SshConfig is null)
            return;
        Engine.Docker(guest).Remove(Outer);
        if (_cgroup.Length > 0)
            guest.Run($"rmdir {_cgroup}/docker/{Id} {_cgroup}/docker {_cgroup} 2> /dev/null || true");
    }

    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Container_inside_a_container_has_the_name_of_the_inner_runtimes_state()
    {
        Engine docker = Engine.Docker(guest);

        // What a dockerd in it would leave: its program, and the state of its container.
        string state = $"/var/lib/docker/containers/{Id}";
        docker.Start(Outer, "", $"sh -c 'cp /bin/burn /bin/dockerd; mkdir -p {state}; echo \"{{\\\"Name\\\":\\\"/web\\\",\\\"Config\\\":{{\\\"Image\\\":\\\"shop:1\\\"}}}}\" > {state}/config.v2.json; sleep 3600 & exec dockerd --life-ms 3600000'");
        RunningContainer outer = docker.Inspect(Outer);
        _cgroup = "/sys/fs/cgroup" + outer.Cgroup;
        guest.Run($"""
            set -e
            mkdir -p {_cgroup}/docker/{Id}
            for process in $(cat {_cgroup}/cgroup.procs); do
                [ "$(cat /proc/$process/comm)" != sleep ] || echo $process > {_cgroup}/docker/{Id}/cgroup.procs
            done
            """);
        using InstalledAgent agent = new(guest);
        Point? info = null;
        Guest.Await(
            () => (info = agent.Points.LastOrDefault(point => point.Measurement == "container_info" && point.Text("container_id") == Id)) is { } point && point.Container == $"{Outer}/web",
            "the name", () => $"{info?.Container}\n{agent.Log}");
        Assert.Equal(("docker", "shop:1"), (info!.Tags["runtime"], info.Tags["image"]));
    }
}
