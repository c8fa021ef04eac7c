namespace NsCollector.TestSupport.Podman;

/// <summary>A test on real podman containers.</summary>
public sealed class PodmanFactAttribute : FactAttribute
{
    public PodmanFactAttribute() => Skip = new RequiresFactAttribute("podman", "conmon", "runc", "busybox", "ip", "tar").Skip;
}
