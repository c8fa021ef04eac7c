using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Host;

/// <summary><c>sample</c> into a pipe whose reader ends after the first line.</summary>
[Collection(NamespaceTests.Name)]
public sealed class SamplePipeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestCgroups _cgroups = new();

    public void Dispose()
    {
        _cgroups.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("influx")]
    [InlineData("table")]
    [InlineData("json")]
    public void Sample_ends_with_1_if_the_reader_is_gone(string format)
    {
        _cgroups.MakeWithProcess("piped");
        (int exitCode, _, string error) = NsCollectorProcess.Run(
            ["sample", "--count", "100000", "--interval", "100ms", "--format", format, "--set", $"discovery:cgroup_paths={_cgroups.Parent}/*", "--set", "filter:include=cgroup/*"],
            directory: _directory.Path, through: ["bash", "-c", "timeout 30 \"$@\" | head -n 1 > /dev/null; exit ${PIPESTATUS[0]}", "bash"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("standard output: Broken pipe", error, StringComparison.Ordinal);
    }
}
