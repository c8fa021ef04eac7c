using System.Text.Json.Nodes;
using NsCollector.Serve.Docker.Images;

namespace NsCollector.Tests.Serve.Docker.Images;

public sealed class ImageEndpointsTests
{
    [Theory]
    [InlineData("20.10")]
    [InlineData("20.10-more")]
    [InlineData("26.1")]
    public async Task Images_of_Dockers_own_store_equal_what_dockerd_answered(string version)
    {
        using var docker = new RecordedDocker(version);
        DockerAnswer answer = await DockerAnswer.Of(new ImageListEndpoint(docker.Inventory, docker.Images), docker.Api);
        Assert.Empty(JsonDifferences.Of(JsonNode.Parse(RecordedDocker.Resource($"{version}.images.json")), answer.Body));
    }

    [Fact]
    public async Task Images_of_containerds_store_have_what_the_containers_say()
    {
        using var docker = new RecordedDocker("29.7");
        DockerAnswer answer = await DockerAnswer.Of(new ImageListEndpoint(docker.Inventory, docker.Images), docker.Api);
        Assert.Equal(
            [
                "[0].Created: 1795970541 -> 0", """[0].Labels: {"maintainer":"recorded","org.opencontainers.image.version":"1.0"} -> null""",
                """[0].Descriptor: {"mediaType":"application/vnd.oci.image.manifest.v1\u002Bjson","digest":"sha256:8d49caf3f3030b590142048406bb73c064e7a4bff7d8b9e8e71be29350fd5408","size":405} -> absent""",
                """[0].RepoDigests: ["recorded/tool@sha256:8d49caf3f3030b590142048406bb73c064e7a4bff7d8b9e8e71be29350fd5408"] -> []""", "[0].Size: 6328164 -> absent",
            ],
            JsonDifferences.Of(JsonNode.Parse(RecordedDocker.Resource("29.7.images.json")), answer.Body));
    }

    [Theory]
    [InlineData("""{"reference":["recorded/*"]}""", 1)]
    [InlineData("""{"reference":["recorded/tool:1.0"]}""", 1)]
    [InlineData("""{"reference":["busybox"]}""", 0)]
    [InlineData("""{"label":["maintainer=recorded"]}""", 1)]
    [InlineData("""{"label":["maintainer=me"]}""", 0)]
    [InlineData("""{"dangling":["true"]}""", 0)]
    [InlineData("""{"dangling":["false"]}""", 1)]
    public async Task Image_filters_select_as_dockerd(string filters, int count)
    {
        using var docker = new RecordedDocker("26.1");
        DockerAnswer answer = await DockerAnswer.Of(new ImageListEndpoint(docker.Inventory, docker.Images), 45, "", ("filters", filters));
        Assert.Equal(count, answer.List.Count);
    }

    [Fact]
    public async Task Disk_usage_counts_layers_once_and_the_containers_of_an_image()
    {
        using var docker = new RecordedDocker("20.10");
        JsonNode body = (await DockerAnswer.Of(new DiskUsageEndpoint(docker.Inventory, docker.Images, docker.Samples), 41)).Body;
        Assert.Equal(3_835_873, (long)body["LayersSize"]!);
        JsonNode image = Assert.Single(body["Images"]!.AsArray())!;
        Assert.Equal((16, 0, 3_835_873, 3_835_873), ((int)image["Containers"]!, (long)image["SharedSize"]!, (long)image["Size"]!, (long)image["VirtualSize"]!));
        Assert.Equal(16, body["Containers"]!.AsArray().Count);
    }
}
