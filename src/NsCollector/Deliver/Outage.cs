namespace NsCollector.Deliver;

/// <summary>
/// Decides what of a series of failures is said: its beginning, another cause, its end; never more than one beginning a
/// minute, so that a sink which fails and recovers every second does not fill the journal.
/// </summary>
internal sealed class Outage(TimeProvider clock)
{
    internal static readonly TimeSpan MinLogInterval = TimeSpan.FromMinutes(1);

    private long _since, _loggedAt, _loggedKind, _tries;
    private bool _down, _logged, _everLogged;

    /// <summary>A try failed.</summary>
    /// <param name="kind">The cause, as a number of the caller's.</param>
    /// <returns>Whether to say so now.</returns>
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

    /// <summary>A try worked.</summary>
    /// <param name="lasted">How long it had not.</param>
    /// <param name="tries">How many tries had failed.</param>
    /// <returns>Whether to say so: a failure was said before.</returns>
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
