namespace NsCollector.RuntimeTests.Docker;

/// <summary>A test on real Docker containers.</summary>
internal sealed class DockerFactAttribute : FactAttribute
{
    public DockerFactAttribute() => Skip = new RequiresFactAttribute("dockerd", "docker", "busybox", "ip", "tar").Skip;
}
