using System.Globalization;

namespace NsCollector.GuestTests.Service;

/// <summary>The agent as the packages have it, started once for the tests of a class that only look at it.</summary>
public sealed class StartedAgent : IDisposable
{
    private readonly InstalledAgent? _agent;

    /// <summary>Starts it, where there is a guest.</summary>
    public StartedAgent(Guest guest)
    {
        if (Guest.SshConfig is null)
            return;

        _agent = new InstalledAgent(guest);
        Pid = int.Parse(Unit.MainPid(guest), CultureInfo.InvariantCulture);
    }

    /// <summary>Its process.</summary>
    public int Pid { get; }

    /// <summary>The same as the tests' own harness sees it.</summary>
    internal InstalledAgent Agent => _agent!;

    /// <inheritdoc/>
    public void Dispose() => _agent?.Dispose();
}
