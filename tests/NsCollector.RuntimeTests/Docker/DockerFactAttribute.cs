namespace NsCollector.RuntimeTests.Docker;

/// <summary>A test that needs real Docker containers.</summary>
internal sealed class DockerFactAttribute : FactAttribute
{
    internal static readonly string[] Programs = ["dockerd", "docker", "busybox", "ip", "tar"];

    public DockerFactAttribute() => Skip = new RequiresFactAttribute(Programs).Skip;
}
