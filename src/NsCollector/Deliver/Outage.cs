namespace NsCollector.Deliver;

/// <summary>
/// Decides which of a series of failures are logged: the first one, a new cause, and the recovery. At most one failure a
/// minute, so that a sink that fails and recovers every second does not fill the journal.
/// </summary>
internal sealed class Outage(TimeProvider clock)
{
    internal static readonly TimeSpan MinLogInterval = TimeSpan.FromMinutes(1);

    private long _since, _loggedAt, _loggedKind, _tries;
    private bool _down, _logged, _everLogged;

    /// <summary>Records a failed attempt.</summary>
    /// <param name="kind">The cause, as a number of the caller.</param>
    /// <returns>Whether to log it now.</returns>
    internal bool Failed(long kind)
    {
        long now = clock.GetTimestamp();
        if (!_down)
        {
            _down = true;
            _logged = false;
            _since = now;
            _tries = 0;
        }
        _tries++;
        if (_logged && kind == _loggedKind) return false;
        if (_everLogged && clock.GetElapsedTime(_loggedAt, now) < MinLogInterval) return false;
        _logged = _everLogged = true;
        _loggedAt = now;
        _loggedKind = kind;
        return true;
    }

    /// <summary>Records a successful attempt.</summary>
    /// <param name="lasted">Time since the first failure.</param>
    /// <param name="tries">Number of failed attempts.</param>
    /// <returns>Whether to log the recovery: only if the failure was logged.</returns>
    internal bool Recovered(out TimeSpan lasted, out long tries)
    {
        lasted = TimeSpan.Zero;
        tries = 0;
        if (!_down) return false;
        _down = false;
        lasted = clock.GetElapsedTime(_since);
        tries = _tries;
        return _logged;
    }
}
