namespace NsCollector.RuntimeTests.Docker;

/// <summary><see cref="DockerFactAttribute"/> for a test with several data sets.</summary>
internal sealed class DockerTheoryAttribute : TheoryAttribute
{
    public DockerTheoryAttribute() => Skip = new RequiresFactAttribute(DockerFactAttribute.Programs).Skip;
}
