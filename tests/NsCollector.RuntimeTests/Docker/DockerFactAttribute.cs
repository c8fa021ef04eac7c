namespace NsCollector.RuntimeTests.Docker;

/// <summary>A test that needs real Docker containers.</summary>
internal sealed class DockerFactAttribute : FactAttribute
{
    public DockerFactAttribute() => Skip = new RequiresFactAttribute("dockerd", "docker", "busybox", "ip", "tar").Skip;
}
