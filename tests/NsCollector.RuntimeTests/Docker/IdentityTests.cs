using System.Globalization;
using System.Text.Json;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>The identity and state of a container.</summary>
[Collection(SecondDockerCollection.Name)]
public sealed class IdentityTests(SecondDockerEngine engine) : DockerTests(engine)
{
    [DockerFact]
    public void Container_has_name_image_and_full_id()
    {
        foreach (string name in new[] { "web.front_1-a", "UPPER.lower--x__", "0numeric" })
        {
            using DockerContainer container = Engine.Start(name, [], "exec sleep 1000");
            JsonElement inspected = container.Inspect();
            List<Point> points = SampleOf(name);
            Assert.All(points, point =>
            {
                Assert.Equal("docker", point.Tags["runtime"]);
                Assert.Equal(inspected.GetProperty("Config").GetProperty("Image").GetString(), point.Tags["image"]);
                Assert.False(point.Tags.ContainsKey("id"));
            });

            Point info = Only(points, "container_info");
            Assert.Equal(inspected.GetProperty("Id").GetString(), info.Text("container_id"));
            Assert.Equal(inspected.GetProperty("State").GetProperty("Pid").GetInt64(), info.Integer("pid"));
            Assert.Equal("running", info.Text("state"));
            DateTimeOffset startedAt = DateTimeOffset.Parse(inspected.GetProperty("State").GetProperty("StartedAt").GetString()!, CultureInfo.InvariantCulture);
            // Docker records the start when runc has returned; the kernel records the earlier start of the process.
            Assert.Equal(startedAt.ToUnixTimeMilliseconds() / 1e3, info.Integer("started_at_ns") / 1e9, 10.0);
            Assert.True(info.Integer("uptime_ns") > 0);
        }
    }

    [DockerFact]
    public void Container_has_only_the_selected_labels()
    {
        string[] labels = ["com.example.team=a b,c=\"d\"", "com.example.line=one\ntwo", "other=x"];
        using DockerContainer container = Engine.Start("labelled", [.. labels.SelectMany(label => new[] { "--label", label })], "exec sleep 1000");
        List<Point> points = DockerContainer.Of(Sample("identity:labels=com.example.*"), "labelled");
        JsonElement given = container.Inspect().GetProperty("Config").GetProperty("Labels");
        Assert.All(points, point =>
        {
            Assert.Equal(given.GetProperty("com.example.team").GetString(), point.Tags["label_com.example.team"]);
            Assert.Equal("one%0Atwo", point.Tags["label_com.example.line"]);
            Assert.False(point.Tags.ContainsKey("label_other"));
        });
        Assert.DoesNotContain(SampleOf("labelled"), point => point.Tags.Keys.Any(key => key.StartsWith("label_", StringComparison.Ordinal)));
    }

    [DockerFact]
    public void Container_of_compose_has_its_project_and_service()
    {
        string[] labels = ["com.docker.compose.project=shop", "com.docker.compose.service=front,end"];
        using DockerContainer container = Engine.Start("shop-front-1", [.. labels.SelectMany(label => new[] { "--label", label })], "exec sleep 1000");
        List<Point> points = SampleOf("shop-front-1");
        Assert.All(points, point => Assert.Equal(("shop", "front,end"), (point.Tags["compose_project"], point.Tags["compose_service"])));
        Assert.All(points, point => Assert.False(point.Tags.ContainsKey("swarm_service")));
    }

    [DockerFact]
    public void Kubelet_container_has_the_names_of_its_pod()
    {
        string[] labels = ["io.kubernetes.pod.name=web-0", "io.kubernetes.pod.namespace=shop", "io.kubernetes.container.name=nginx"];
        using DockerContainer container = Engine.Start("k8s_nginx_web-0_shop_uid_0", [.. labels.SelectMany(label => new[] { "--label", label })], "exec sleep 1000");
        Point info = Assert.Single(Sample(), point => point.Measurement == "container_info" && point.Text("container_id") == container.Id);
        Assert.Equal(("docker", "nginx", "shop", "web-0"), (info.Tags["runtime"], info.Container, info.Tags["namespace"], info.Tags["pod"]));
    }

    [DockerFact]
    public void Cgroup_inside_a_container_cannot_take_the_name_of_another_container()
    {
        using DockerContainer tenant = Engine.Start("identity-tenant", [], "exec sleep 1000");
        string victim = Engine.Docker("create", "--name", "identity-victim", DockerEngine.Image, "true");
        try
        {
            // Every hierarchy that accepts the process; cpuset does not.
            Command.Run("sh", "-c", "sleep 1000 > /dev/null 2>&1 & for d in /sys/fs/cgroup/docker/$0 /sys/fs/cgroup/*/docker/$0; do [ -d $d ] && mkdir -p $d/docker/$1 && echo $! > $d/docker/$1/cgroup.procs; done 2> /dev/null; true > /dev/null", tenant.Id, victim);
            List<Point> points = Sample();
            Assert.DoesNotContain(points, point => point.Container == "identity-victim");
            Assert.Contains(points, point => point.Container == victim[..12]);
            Assert.Contains(points, point => point.Container == "identity-tenant");
        }
        finally
        {
            Command.Try("sh", "-c", "for d in /sys/fs/cgroup/docker/$0/docker/$1 /sys/fs/cgroup/*/docker/$0/docker/$1; do [ -d $d ] && kill -KILL $(cat $d/cgroup.procs); done; sleep 0.2; rmdir /sys/fs/cgroup/docker/$0/docker/$1 /sys/fs/cgroup/docker/$0/docker /sys/fs/cgroup/*/docker/$0/docker/$1 /sys/fs/cgroup/*/docker/$0/docker", tenant.Id, victim);
            Engine.Docker("rm", "identity-victim");
        }
    }

    [DockerFact]
    public void Filter_selects_by_runtime_and_name()
    {
        using DockerContainer kept = Engine.Start("filter-kept", [], "exec sleep 1000");
        using DockerContainer left = Engine.Start("filter-left", [], "exec sleep 1000");
        string[] names = [.. Sample("filter:include=docker/filter-*", "filter:exclude=*/filter-l*").Select(point => point.Container).OfType<string>().Distinct()];
        Assert.Equal(["filter-kept"], names);
    }

    [DockerFact]
    public void Renamed_container_has_its_new_name()
    {
        using DockerContainer container = Engine.Start("renamed-before", [], "exec sleep 1000");
        Engine.Docker("rename", "renamed-before", "renamed-after");
        List<Point> all = Sample();
        Assert.Equal(container.Id, Only(DockerContainer.Of(all, "renamed-after"), "container_info").Text("container_id"));
        Assert.DoesNotContain(all, point => point.Container == "renamed-before");
    }

    [DockerFact]
    public void Paused_container_is_marked_and_keeps_its_readings()
    {
        using DockerContainer container = Engine.Start("state-paused", [], "exec sleep 1000");
        Engine.Docker("pause", "state-paused");
        try
        {
            List<Point> points = SampleOf("state-paused");
            Assert.Equal("paused", Only(points, "container_info").Text("state"));
            Assert.True(Only(points, "container_memory").Integer("usage_bytes") > 0);
            Only(points, "container_network");
        }
        finally
        {
            Engine.Docker("unpause", "state-paused");
        }

        Assert.Equal("running", Only(SampleOf("state-paused"), "container_info").Text("state"));
    }

    [DockerFact]
    public void Exited_container_has_no_points()
    {
        using DockerContainer container = Engine.Start("state-ended", [], "exec sleep 1000");
        Engine.Docker("kill", "state-ended");
        Assert.DoesNotContain(Sample(), point => point.Container == "state-ended");
    }
}
