using System.Text.Json.Nodes;
using NsCollector.Serve.Docker.ContainerEndpoints;

namespace NsCollector.Tests.Serve.Docker.Containers;

public sealed class ContainerListEndpointTests
{
    // What dockerd knows and no file has.
    private static readonly Dictionary<string, string[]> NotKnown = new()
    {
        ["20.10"] = [],
        ["20.10-more"] = [],
        ["26.1"] = [],

        // The sizes are in containerd's store.
        ["29.7"] = [".SizeRw", ".SizeRootFs"],
    };

    [Theory]
    [InlineData("20.10")]
    [InlineData("20.10-more")]
    [InlineData("26.1")]
    [InlineData("29.7")]
    public async Task List_of_all_containers_equals_what_dockerd_answered(string version)
    {
        using var docker = new RecordedDocker(version);
        List<string[]> attempts = [];

        // dockerd answered within the second of the header Date, and counted the uptime from its own clock.
        for (int milliseconds = 0; milliseconds < 1000; milliseconds += 50)
        {
            long nowNs = (docker.RecordedAt.ToUnixTimeMilliseconds() + milliseconds) * 1_000_000;
            DockerAnswer answer = await DockerAnswer.Of(Endpoint(docker, nowNs), docker.Api, "", ("all", "1"), ("size", "1"));
            Assert.Equal(200, answer.Status);
            Assert.Equal(docker.Containers.Select(container => (string)container["config"]!["ID"]!), answer.List.Select(one => (string)one!["Id"]!));
            attempts.Add([.. docker.Containers.SelectMany((container, index) => Differences(version, container, answer.List[index]!))]);
        }

        Assert.Empty(attempts.MinBy(differences => differences.Length)!);
    }

    [Theory]
    [InlineData("label", """{"label":["com.docker.compose.project=shop"]}""", "/shop-fetch-1 /shop-web-1")]
    [InlineData("label of older clients", """{"label":{"com.docker.compose.project=shop":true}}""", "/shop-fetch-1 /shop-web-1")]
    [InlineData("two labels", """{"label":["com.docker.compose.project=shop","com.docker.compose.service=web"]}""", "/shop-web-1")]
    [InlineData("label without value", """{"label":["com.docker.compose.oneoff"]}""", "/shop-web-1")]
    [InlineData("status", """{"status":["exited"]}""", "/oom-killed /exited-3")]
    [InlineData("two statuses", """{"status":["created","paused"]}""", "/only-created /paused")]
    [InlineData("name", """{"name":["^/?pod-"]}""", "/pod-app /pod-pause")]
    [InlineData("name contains", """{"name":["shop"]}""", "/shop-fetch-1 /shop-web-1")]
    [InlineData("name that is no expression", """{"name":["sh[op"]}""", "")]
    [InlineData("health", """{"health":["healthy"]}""", "/shop-web-1")]
    [InlineData("network", """{"network":["back"]}""", "/two-nets")]
    [InlineData("volume", """{"volume":["recorded-data"]}""", "/disk-20")]
    [InlineData("destination", """{"volume":["/data"]}""", "/disk-20")]
    [InlineData("other ancestor", """{"ancestor":["busybox"]}""", "")]
    [InlineData("tasks", """{"is-task":["true"]}""", "")]
    [InlineData("published", """{"publish":["80"]}""", "")]
    [InlineData("before", """{"before":["two-nets"],"name":["shop","two-nets"]}""", "/shop-fetch-1 /shop-web-1")]
    [InlineData("since", """{"since":["Odd.Name_1-x"]}""", "/big-one")]
    public async Task List_with_a_filter_has_the_containers_that_dockerd_would_list(string what, string filters, string expected)
    {
        foreach (string version in (string[])["20.10", "26.1", "29.7"])
        {
            using var docker = new RecordedDocker(version);
            DockerAnswer answer = await DockerAnswer.Of(Endpoint(docker, 0), docker.Api, "", ("filters", filters));
            Assert.True(answer.Status == 200, what);
            Assert.Equal(expected, string.Join(' ', answer.List.Select(one => (string)one!["Names"]![0]!)));
        }
    }

    [Fact]
    public async Task Filters_list_what_dockerd_listed_for_them()
    {
        using var docker = new RecordedDocker("20.10-more");
        List<string> differences = [];
        foreach (JsonNode? recorded in JsonNode.Parse(RecordedDocker.Resource("20.10-more.filters.json"))!.AsArray())
        {
            string filters = recorded!["filters"]!.ToJsonString(), expected = (string)recorded["answer"]!;
            DockerAnswer answer = await DockerAnswer.Of(Endpoint(docker, 0), 41, "", ("all", "1"), ("filters", filters));

            // Newer versions begin errors with a small letter, and is-task knows 0 and 1.
            string ours = answer.Status == 200 ? string.Join(' ', answer.List.Select(one => (string)one!["Names"]!.AsArray()[^1]!)) : answer.Message;
            bool isNumberOfPort = expected.Contains("strconv.ParseUint", StringComparison.Ordinal) && answer.Status == 400;
            bool isTask = filters is """{"is-task":["0"]}""" or """{"is-task":["1"]}""";
            if (!isNumberOfPort && !isTask && !ours.Equals(expected, StringComparison.OrdinalIgnoreCase)) differences.Add($"{filters}: {expected} -> {ours}");
        }

        Assert.Empty(differences);
    }

    [Fact]
    public async Task Ancestor_is_a_name_with_or_without_registry_or_an_id_or_its_prefix()
    {
        using var docker = new RecordedDocker("26.1");
        string id = (string)docker.Containers[0]["listed"]!["ImageID"]!;
        foreach (string image in (string[])["recorded/tool:1.0", "docker.io/recorded/tool:1.0", id, id[..20], id[7..19]])
        {
            DockerAnswer answer = await DockerAnswer.Of(Endpoint(docker, 0), docker.Api, "", ("filters", $$"""{"ancestor":["{{image}}"]}"""));
            Assert.Equal(13, answer.List.Count);
        }
    }

    [Fact]
    public async Task Exited_filter_lists_the_code_and_limit_and_default_list_as_dockerd()
    {
        using var docker = new RecordedDocker("29.7");
        ContainerListEndpoint endpoint = Endpoint(docker, 0);
        Assert.Equal(["/exited-3"], Names(await DockerAnswer.Of(endpoint, 56, "", ("all", "true"), ("filters", """{"exited":["3"]}"""))));
        Assert.Equal(["/oom-killed"], Names(await DockerAnswer.Of(endpoint, 56, "", ("all", "1"), ("filters", """{"exited":["137"]}"""))));
        Assert.Equal(13, (await DockerAnswer.Of(endpoint, 56)).List.Count);

        // The last created ones, whether they run or not.
        Assert.Equal(["/big-one", "/Odd.Name_1-x", "/oom-killed"], Names(await DockerAnswer.Of(endpoint, 56, "", ("limit", "3"))));
    }

    [Theory]
    [InlineData("{xyz", "invalid filter")]
    [InlineData("[]", "invalid filter")]
    [InlineData("""{"label":"a"}""", "invalid filter")]
    [InlineData("""{"label":{"a":1}}""", "invalid filter")]
    [InlineData("""{"label":["\ud800"]}""", "invalid filter")]
    [InlineData("""{"colour":["red"]}""", "invalid filter 'colour'")]
    [InlineData("""{"status":["sleeping"]}""", "invalid filter 'status=sleeping'")]
    [InlineData("""{"exited":["x"]}""", "strconv.Atoi: parsing \"x\": invalid syntax")]
    public async Task Filter_that_is_malformed_or_unknown_answers_400(string filters, string message)
    {
        using var docker = new RecordedDocker("26.1");
        DockerAnswer answer = await DockerAnswer.Of(Endpoint(docker, 0), 45, "", ("filters", filters));
        Assert.Equal((400, message), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task Filter_by_a_container_that_does_not_exist_answers_404()
    {
        using var docker = new RecordedDocker("26.1");
        DockerAnswer answer = await DockerAnswer.Of(Endpoint(docker, 0), 45, "", ("filters", """{"since":["nosuch"]}"""));
        Assert.Equal((404, "no such container nosuch"), (answer.Status, answer.Message));
    }

    [Fact]
    public async Task Regular_expression_that_would_backtrack_for_hours_ends_at_once()
    {
        using var docker = new RecordedDocker("26.1");
        Task<DockerAnswer> answer = DockerAnswer.Of(Endpoint(docker, 0), 45, "", ("filters", """{"name":["^(([a-z0-9.]+)+)+!$"]}"""));
        Assert.Empty((await answer.WaitAsync(TimeSpan.FromSeconds(20))).List);
    }

    private static IEnumerable<string> Differences(string version, JsonObject container, JsonNode answer)
    {
        // The file system of a container without a process is not sampled.
        string[] notKnown = (bool)container["inspect"]!["State"]!["Running"]! ? NotKnown[version] : [".SizeRw", ".SizeRootFs"];
        return JsonDifferences.Of(container["listed"], answer).Where(difference => !Array.Exists(notKnown, field => difference.StartsWith(field + ":", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Names(DockerAnswer answer) => answer.List.Select(one => (string)one!["Names"]![0]!);

    private static ContainerListEndpoint Endpoint(RecordedDocker docker, long nowNs) => new(docker.Inventory, docker.Images, docker.Samples, docker.Networks) { NowNs = () => nowNs };
}
