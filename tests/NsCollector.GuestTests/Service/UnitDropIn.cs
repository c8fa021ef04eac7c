namespace NsCollector.GuestTests.Service;

/// <summary>
/// A drop-in of the unit, as <c>systemctl edit</c> leaves one. Disposing of it takes it away; a service that runs keeps
/// what it was started with.
/// </summary>
internal sealed class UnitDropIn : IDisposable
{
    private const string FilePath = "/etc/systemd/system/nscollector.service.d/90-test.conf";

    private readonly Guest _guest;

    /// <summary>Puts these lines of the section [Service] in force for the next start.</summary>
    public UnitDropIn(Guest guest, string service)
    {
        _guest = guest;
        guest.Write(FilePath, $"[Service]\n{service}\n");
        guest.Run("systemctl daemon-reload");
    }

    /// <inheritdoc/>
    public void Dispose() => _guest.Run($"rm -r {Path.GetDirectoryName(FilePath)} && systemctl daemon-reload");
}
