using NsCollector.Discover;
using NsCollector.Serve.Docker.Containers;

namespace NsCollector.Tests.Serve.Docker.Containers;

public sealed class DockerWordsTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData(0.4, "Less than a second")]
    [InlineData(-5, "Less than a second")]
    [InlineData(1.9, "1 second")]
    [InlineData(59.9, "59 seconds")]
    [InlineData(60, "About a minute")]
    [InlineData(119, "About a minute")]
    [InlineData(120, "2 minutes")]
    [InlineData(3599, "59 minutes")]
    [InlineData(3600, "About an hour")]
    [InlineData(5399, "About an hour")]
    [InlineData(5400, "2 hours")]
    [InlineData(47 * 3600, "47 hours")]
    [InlineData(48 * 3600, "2 days")]
    [InlineData(13 * 86400, "13 days")]
    [InlineData(14 * 86400, "2 weeks")]
    [InlineData(60 * 86400, "2 months")]
    [InlineData(730 * 86400, "2 years")]
    public void Duration_has_the_words_of_go_units(double seconds, string words) => Assert.Equal(words, DockerWords.Duration((long)(seconds * Second)));

    [Fact]
    public void Status_has_the_words_of_docker_ps()
    {
        var details = new ContainerDetails { StartedNs = 100 * Second, FinishedNs = 130 * Second, ExitCode = 3 };
        Assert.Equal("Up 3 minutes", DockerWords.Status(RunState.Running, details, 280 * Second));
        Assert.Equal("Up 3 minutes (Paused)", DockerWords.Status(RunState.Paused, details with { Health = "healthy" }, 280 * Second));
        Assert.Equal("Up 3 minutes (health: starting)", DockerWords.Status(RunState.Running, details with { Health = "starting" }, 280 * Second));
        Assert.Equal("Up 3 minutes (unhealthy)", DockerWords.Status(RunState.Running, details with { Health = "unhealthy" }, 280 * Second));
        Assert.Equal("Exited (3) 2 minutes ago", DockerWords.Status(RunState.Exited, details, 250 * Second));
        Assert.Equal("Restarting (3) 1 second ago", DockerWords.Status(RunState.Restarting, details, 131 * Second));
        Assert.Equal("Removal In Progress", DockerWords.Status(RunState.Dead, details with { IsBeingRemoved = true }, 0));
        Assert.Equal("Created", DockerWords.Status(RunState.Created, new ContainerDetails(), 0));

        // What is not known is left out.
        Assert.Equal("Exited", DockerWords.Status(RunState.Stopped, new ContainerDetails(), 0));
        Assert.Equal("Up", DockerWords.Status(RunState.Running, new ContainerDetails(), 0));
    }
}
