namespace NsCollector.GuestTests.Service;

/// <summary>
/// A drop-in of the unit, as <c>systemctl edit</c> makes it. Disposing removes it; a running service keeps the settings of its start.
/// </summary>
internal sealed class UnitDropIn : IDisposable
{
    private const string FilePath = "/etc/systemd/system/nscollector.service.d/90-test.conf";

    private readonly Guest _guest;

    /// <summary>Adds these lines to the section [Service] for the next start.</summary>
    public UnitDropIn(Guest guest, string service)
    {
        _guest = guest;
        guest.Run($"mkdir -p {Path.GetDirectoryName(FilePath)} && cat > {FilePath} && systemctl daemon-reload", $"[Service]\n{service}\n");
    }

    /// <inheritdoc/>
    public void Dispose() => _guest.Run($"rm -r {Path.GetDirectoryName(FilePath)} && systemctl daemon-reload");
}
