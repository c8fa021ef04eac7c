namespace NsCollector.RuntimeTests.Containerd;

/// <summary>A test on real containers of containerd.</summary>
internal sealed class ContainerdFactAttribute : FactAttribute
{
    public ContainerdFactAttribute() => Skip = new RequiresFactAttribute("containerd", "containerd-shim-runc-v2", "ctr", "runc", "busybox").Skip;
}
