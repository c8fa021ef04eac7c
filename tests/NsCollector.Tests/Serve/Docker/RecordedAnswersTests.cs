using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NsCollector.Tests.Fixtures;

namespace NsCollector.Tests.Serve.Docker;

/// <summary>Sends each recorded request to the API, and compares status, type and form of the answer with those of dockerd.</summary>
public sealed partial class RecordedAnswersTests
{
    // Of info, what only a Docker daemon has.
    private static readonly string[] OnlyInDaemon =
    [
        "CDISpecDirs", "Containerd", "ContainerdCommit", "Debug", "DefaultRuntime", "DockerRootDir", "Driver", "DriverStatus", "FirewallBackend", "GenericResources",
        "HttpProxy", "HttpsProxy", "IndexServerAddress", "InitBinary", "InitCommit", "Isolation", "KernelMemory", "KernelMemoryTCP", "LiveRestoreEnabled", "LoggingDriver",
        "NEventsListener", "NFd", "NGoroutines", "NoProxy", "RuncCommit", "Runtimes", "SecurityOptions",
    ];

    /// <summary>The beginning of each accepted difference, with the reason. docs/docker-api.md has them under "Differences from dockerd".</summary>
    private static readonly Dictionary<string, string> Accepted = new(OnlyInDaemon.Select(name => KeyValuePair.Create($"/info .{name}:", "only a Docker daemon has it")))
    {
        ["/info .Plugins."] = "only a Docker daemon has plugins",
        ["/info .RegistryConfig."] = "only a Docker daemon has registries",
        ["/info .Swarm."] = "there is no swarm",
        ["/info .Warnings:"] = "a warning says what this API is",
        ["/info .BridgeNf"] = "dockerd 29 no longer has them",
        ["/version .BuildTime:"] = "a program in Go",
        ["/version .GoVersion:"] = "a program in Go",
        ["/version .Components:"] = "only the agent",
        ["/system/df .Volumes:"] = "not known",
        ["/system/df .VolumeUsage."] = "not known",
        ["/system/df .BuildCache:"] = "empty instead of null",
        ["/system/df .BuilderSize:"] = "not known",
        ["/system/df .LayersSize:"] = "in containerd's store",
        ["/system/df .Images[].RepoDigests:"] = "empty instead of null, or in containerd's store",
        ["/system/df .Images[].Labels:"] = "in containerd's store",
        ["/system/df .Images[].Descriptor:"] = "in containerd's store",
        ["/system/df .Images[].Size:"] = "in containerd's store",
        ["/system/df .ImageUsage.Items[].RepoDigests:"] = "in containerd's store",
        ["/system/df .ImageUsage.Items[].Labels:"] = "in containerd's store",
        ["/system/df .ImageUsage.Items[].Descriptor:"] = "in containerd's store",
        ["/system/df .ImageUsage.Items[].Size:"] = "in containerd's store",
        ["/system/df .ImageUsage.TotalSize:"] = "in containerd's store",
        ["/system/df .Containers[].SizeRw:"] = "not sampled without a process",
        ["/system/df .Containers[].SizeRootFs:"] = "not sampled without a process",
        ["/system/df .Containers[].ImageManifestDescriptor:"] = "as in the list of containers",
        ["/system/df .ContainerUsage.Items[].SizeRw:"] = "not sampled without a process",
        ["/system/df .ContainerUsage.Items[].SizeRootFs:"] = "not sampled without a process",
        ["/system/df .ContainerUsage.Items[].ImageManifestDescriptor:"] = "as in the list of containers",
        ["/system/df .ContainerUsage.Reclaimable:"] = "not sampled without a process",
        ["/system/df .ContainerUsage.TotalSize:"] = "not sampled without a process",
        ["/images/json [].RepoDigests:"] = "in containerd's store",
        ["/images/json [].Labels:"] = "in containerd's store",
        ["/images/json [].Descriptor:"] = "in containerd's store",
        ["/images/json [].Size:"] = "in containerd's store",
        ["/containers/json?filters=%7Bx: 500 -> 400"] = "as dockerd 23 and later",
        ["/v1.24/containers/json: 400 -> 200"] = "dockerd 29 begins with 1.40",
        ["/v1.24/containers/json : "] = "dockerd 29 begins with 1.40",
    };

    [Fact]
    public async Task Answers_have_the_status_the_members_and_the_kinds_of_dockerds()
    {
        List<string> differences = [];
        foreach ((string version, string cgroup) in ((string, string)[])[("20.10", "v1"), ("26.1", "v2"), ("29.7", "v1")]) differences.AddRange(await Compare(version, cgroup));

        string[] wrong = [.. differences.Where(difference => !Accepted.Keys.Any(accepted => difference.StartsWith(accepted, StringComparison.Ordinal))).Distinct()];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
        string[] unused = [.. Accepted.Keys.Where(accepted => !differences.Exists(difference => difference.StartsWith(accepted, StringComparison.Ordinal)))];
        Assert.True(unused.Length == 0, string.Join('\n', unused));
    }

    private static async Task<IEnumerable<string>> Compare(string version, string cgroup)
    {
        using var docker = new RecordedDocker(version);
        using var server = new DockerApiServer(docker.WholeApi(cgroup).Routes());
        List<string> differences = [];
        int requests = 0;
        foreach ((string section, string body) in Recorded(cgroup, version))
        {
            // Events are compared by RecordedEventsTests, and the line of /proc/stat is no answer.
            string[] words = section.Split(' ', 4);
            if (words.Length < 4 || words[1] == "/events") continue;
            requests++;
            string path = words[1] is "/_ping" || words[1].StartsWith("/v1.", StringComparison.Ordinal) || words[1].StartsWith("/v9.", StringComparison.Ordinal) ? words[1] : $"/v1.{docker.Api}{words[1]}";
            using HttpResponseMessage answer = await server.Client.GetAsync(new Uri(path, UriKind.Relative));
            string text = await answer.Content.ReadAsStringAsync();
            if ((int)answer.StatusCode != int.Parse(words[2], CultureInfo.InvariantCulture)) differences.Add($"{words[1]}: {words[2]} -> {(int)answer.StatusCode}");
            if (answer.Content.Headers.ContentType?.ToString() != words[3]) differences.Add($"{words[1]}: {words[3]} -> {answer.Content.Headers.ContentType}");
            if (words[3] == "application/json") differences.AddRange(JsonDifferences.Of(JsonForm.Of(JsonNode.Parse(body)), JsonForm.Of(JsonNode.Parse(text)), words[1] + " "));
            else Assert.Equal(body.Trim(), text);
        }

        Assert.True(requests >= 14, $"only {requests} requests");
        return differences.Select(difference => Index().Replace(difference, "[]"));
    }

    private static Dictionary<string, string> Recorded(string cgroup, string version)
    {
        Dictionary<string, string> sections = RecordedSections.Read($"Docker/{cgroup}-{version}-answers.txt");
        foreach (string path in (string[])["info", "version"]) sections[$"GET /{path} 200 application/json"] = RecordedSections.Text($"Docker/{cgroup}-{version}-{path}.json");
        sections["GET /images/json 200 application/json"] = RecordedDocker.Resource($"{version}.images.json");
        return sections;
    }

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Index();
}
