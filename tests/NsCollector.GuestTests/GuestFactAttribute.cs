namespace NsCollector.GuestTests;

/// <summary>
/// A test in the guest. Where none is booted it is skipped and says so; tests/run counts that as a failure in CI.
/// </summary>
internal sealed class GuestFactAttribute : FactAttribute
{
    public GuestFactAttribute() => Skip = Guest.SshConfig is null ? "no guest: GUEST_SSH_CONFIG is not set (tests/vm/run boots one)" : null;
}
