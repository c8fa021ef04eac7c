namespace NsCollector.GuestTests;

/// <summary>A test in a guest that was booted as a hybrid host (GUEST_CGROUPS=hybrid); skipped in another guest.</summary>
internal sealed class HybridFactAttribute : FactAttribute
{
    public HybridFactAttribute() => Skip = new GuestFactAttribute().Skip
        ?? (Environment.GetEnvironmentVariable("GUEST_CGROUPS") == "hybrid" ? null : "the guest is no hybrid host: boot one with GUEST_CGROUPS=hybrid");
}
