using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.File;

/// <summary>
/// The owner and group of a new file, by number or by name. Names are looked up when first needed, through
/// the C library's databases (<see cref="Posix"/>).
/// </summary>
internal sealed class FileOwnership(string? owner, string? group)
{
    private int _user = Unset, _group = Unset;
    private bool _resolved;

    /// <summary>Leaves the owner or group unchanged.</summary>
    internal const int Unset = -1;

    /// <summary>Whether there is anything to set.</summary>
    internal bool IsSet => owner is not null || group is not null;

    /// <summary>Whether names cannot be looked up at all on this host; the agent logs that at its start.</summary>
    internal bool CannotLookUp { get; private set; }

    /// <summary>The numeric ids; <see cref="Unset"/> if nothing is configured or the name is unknown.</summary>
    /// <returns>The error, for the log; null if there is none.</returns>
    internal string? Resolve(out int user, out int groupNumber)
    {
        string? problem = null;
        if (!_resolved)
        {
            problem = Find(owner, "user", Posix.FindUser, out _user)
                ?? Find(group, "group", Posix.FindGroup, out _group);
            _resolved = problem is null;
        }
        user = _user;
        groupNumber = _group;
        return problem;
    }

    private delegate AccountLookup LookUp(string name, out uint number);

    private string? Find(string? name, string kind, LookUp lookUp, out int number)
    {
        number = Unset;
        if (name is null) return null;
        switch (lookUp(name, out uint found))
        {
            case AccountLookup.Found:
                number = (int)found;
                return null;
            case AccountLookup.Unknown:
                return $"there is no {kind} '{name}' on this system";
            default:
                CannotLookUp = true;
                return $"{kind} '{name}' cannot be looked up; use its number instead";
        }
    }
}
