namespace NsCollector.TestSupport.Podman;

/// <summary>A test that needs real podman containers.</summary>
public sealed class PodmanFactAttribute : FactAttribute
{
    public PodmanFactAttribute() => Skip = new RequiresFactAttribute("podman", "conmon", "runc", "busybox", "ip", "tar").Skip;
}
