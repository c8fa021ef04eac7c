using System.Globalization;

namespace NsCollector.GuestTests.Service;

/// <summary>The packaged agent, started once for the tests of a class that do not change it.</summary>
public sealed class StartedAgent : IDisposable
{
    private readonly InstalledAgent? _agent;

    /// <summary>Starts it, if there is a guest.</summary>
    public StartedAgent(Guest guest)
    {
        if (Guest.SshConfig is null)
            return;

        _agent = new InstalledAgent(guest);
        Pid = int.Parse(Unit.MainPid(guest), CultureInfo.InvariantCulture);
    }

    /// <summary>Its pid.</summary>
    public int Pid { get; }

    /// <summary>The agent for the methods of the tests.</summary>
    internal InstalledAgent Agent => _agent!;

    /// <inheritdoc/>
    public void Dispose() => _agent?.Dispose();
}
