namespace NsCollector.GuestTests;

/// <summary>A test in a guest that was booted with two memory nodes (GUEST_NODES=2); skipped in another guest.</summary>
internal sealed class NodesFactAttribute : FactAttribute
{
    public NodesFactAttribute() => Skip = new GuestFactAttribute().Skip
        ?? (Environment.GetEnvironmentVariable("GUEST_NODES") == "2" ? null : "the guest has one memory node: boot one with GUEST_NODES=2");
}
