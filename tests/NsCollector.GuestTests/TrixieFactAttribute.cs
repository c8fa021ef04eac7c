namespace NsCollector.GuestTests;

/// <summary>A test that needs programs that Debian 13 has and Debian 12 does not have; skipped in a guest with Debian 12 (GUEST_SUITE=bookworm).</summary>
internal sealed class TrixieFactAttribute : FactAttribute
{
    public TrixieFactAttribute() => Skip = new GuestFactAttribute().Skip
        ?? (Environment.GetEnvironmentVariable("GUEST_SUITE") == "bookworm" ? "Debian 12 does not have the programs: boot a guest with GUEST_SUITE=trixie" : null);
}
