namespace NsCollector.RuntimeTests.Containerd;

/// <summary>A test that needs real containers of a containerd without CRI.</summary>
internal sealed class CtrFactAttribute : FactAttribute
{
    public CtrFactAttribute() => Skip = new RequiresFactAttribute("containerd", "containerd-shim-runc-v2", "ctr", "runc", "busybox").Skip;
}
