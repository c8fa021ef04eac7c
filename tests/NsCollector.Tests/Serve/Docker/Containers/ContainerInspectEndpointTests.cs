using System.Text.Json.Nodes;
using NsCollector.Serve.Docker;
using NsCollector.Serve.Docker.ContainerEndpoints;
using NsCollector.Telemetry;

namespace NsCollector.Tests.Serve.Docker.Containers;

public sealed class ContainerInspectEndpointTests
{
    // dockerd writes config.v2.json when the word for the health changes, and keeps each check's result in memory.
    private static readonly string[] ChangesWithEachCheck = [".State.Health.Log", ".State.Health.FailingStreak"];

    [Theory]
    [InlineData("20.10")]
    [InlineData("20.10-more")]
    [InlineData("26.1")]
    [InlineData("29.7")]
    public async Task Inspect_of_each_container_equals_what_dockerd_answered(string version)
    {
        using var docker = new RecordedDocker(version);
        ContainerInspectEndpoint endpoint = Endpoint(docker, true);
        foreach (JsonObject container in docker.Containers)
        {
            DockerAnswer answer = await DockerAnswer.Of(endpoint, docker.Api, RecordedDocker.NameOf(container)[1..]);
            Assert.Equal(200, answer.Status);
            string[] differences = [.. JsonDifferences.Of(container["inspect"], answer.Body).Where(difference => !Array.Exists(ChangesWithEachCheck, field => difference.StartsWith(field, StringComparison.Ordinal)))];
            Assert.Empty(differences);
        }
    }

    [Fact]
    public async Task Environment_is_absent_unless_it_is_switched_on()
    {
        using var docker = new RecordedDocker("26.1");
        JsonNode hidden = (await DockerAnswer.Of(Endpoint(docker, false), 45, "shop-web-1")).Body;
        Assert.False(hidden["Config"]!.AsObject().ContainsKey("Env"));
        Assert.DoesNotContain("TIER=front", hidden.ToJsonString(), StringComparison.Ordinal);
        JsonNode shown = (await DockerAnswer.Of(Endpoint(docker, true), 45, "shop-web-1")).Body;
        Assert.Equal("""["TIER=front"]""", shown["Config"]!["Env"]!.ToJsonString());
    }

    [Fact]
    public async Task Size_adds_what_was_written_and_the_image()
    {
        using var docker = new RecordedDocker("26.1");
        JsonNode body = (await DockerAnswer.Of(Endpoint(docker, false), 45, "shop-web-1", ("size", "1"))).Body;
        Assert.Equal((0, 3_835_873), ((long)body["SizeRw"]!, (long)body["SizeRootFs"]!));
    }

    [Fact]
    public async Task Older_client_gets_the_addresses_of_the_default_network_of_Docker_29()
    {
        using var docker = new RecordedDocker("29.7");
        JsonObject settings = (await DockerAnswer.Of(Endpoint(docker, false), 41, "mem_50")).Body["NetworkSettings"]!.AsObject();
        Assert.Equal((string)settings["Networks"]!["bridge"]!["IPAddress"]!, (string)settings["IPAddress"]!);
        Assert.Equal("", (string)settings["Bridge"]!);
        Assert.False(settings["Networks"]!["bridge"]!.AsObject().ContainsKey("DNSNames"));
    }

    [Fact]
    public async Task Reference_is_an_id_or_a_name_or_a_prefix_as_for_dockerd()
    {
        using var docker = new RecordedDocker("26.1");
        ContainerInspectEndpoint endpoint = Endpoint(docker, false);
        foreach (JsonObject container in docker.Containers)
        {
            string id = (string)container["config"]!["ID"]!, name = RecordedDocker.NameOf(container);
            foreach (string reference in (string[])[id, name, name[1..], id[..12]]) Assert.Equal(id, (string)(await DockerAnswer.Of(endpoint, 45, reference)).Body["Id"]!);
        }

        DockerAnswer none = await DockerAnswer.Of(endpoint, 45, "nosuch");
        Assert.Equal((404, "No such container: nosuch"), (none.Status, none.Message));

        // Two of the recorded ids begin with the same digit.
        string prefix = docker.Containers.Select(container => ((string)container["config"]!["ID"]!)[..1]).GroupBy(digit => digit).First(group => group.Count() > 1).Key;
        DockerAnswer ambiguous = await DockerAnswer.Of(endpoint, 45, prefix);
        Assert.Equal((400, "multiple IDs found with provided prefix: " + prefix), (ambiguous.Status, ambiguous.Message));
    }

    [Fact]
    public async Task Truncated_files_leave_what_the_kernel_says()
    {
        using var docker = new RecordedDocker("26.1");
        string id = (string)docker.Containers[0]["config"]!["ID"]!;
        string config = $"{docker.Root}/containers/{id}/config.v2.json";
        File.WriteAllText(config, File.ReadAllText(config)[..500]);
        DockerAnswer answer = await DockerAnswer.Of(Endpoint(docker, true), 45, id);
        Assert.Equal((200, "running", "/big-one"), (answer.Status, (string)answer.Body["State"]!["Status"]!, (string)answer.Body["Name"]!));
        Assert.True(docker.Counters[AgentCounter.IdentityErrors] > 0);
    }

    [Fact]
    public async Task HostConfig_without_its_file_is_an_object_that_clients_can_use()
    {
        using var docker = new RecordedDocker("26.1");
        string id = (string)docker.Containers[0]["config"]!["ID"]!;
        File.Delete($"{docker.Root}/containers/{id}/hostconfig.json");
        Assert.IsType<JsonObject>((await DockerAnswer.Of(Endpoint(docker, false), 45, id)).Body["HostConfig"]);
    }

    private static ContainerInspectEndpoint Endpoint(RecordedDocker docker, bool hasEnvironment) =>
        new(docker.Inventory, docker.Images, docker.Samples, docker.Networks, new DockerApiOptions { Environment = hasEnvironment });
}
