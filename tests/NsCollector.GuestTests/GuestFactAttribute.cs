namespace NsCollector.GuestTests;

/// <summary>
/// A test in the guest. Without a guest it is skipped; in CI tests/run counts a skipped test as failed.
/// </summary>
internal sealed class GuestFactAttribute : FactAttribute
{
    public GuestFactAttribute() => Skip = Guest.SshConfig is null ? "no guest: GUEST_SSH_CONFIG is not set (tests/vm/run boots one)" : null;
}
