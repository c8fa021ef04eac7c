using System.Globalization;
using Mono.Unix.Native;

namespace NsCollector.Deliver.File;

/// <summary>
/// The user and group that a new file is given to, by number or by name. Names are looked up when first needed, through
/// the C library's databases (so also LDAP and the like), by Mono.Posix.
/// </summary>
internal sealed class FileOwnership(string? owner, string? group)
{
    private int _user = Unset, _group = Unset;
    private bool _resolved;

    /// <summary>Leaves the user or the group as it is.</summary>
    internal const int Unset = -1;

    /// <summary>Whether there is anything to set.</summary>
    internal bool IsSet => owner is not null || group is not null;

    /// <summary>The numbers; <see cref="Unset"/> where nothing is configured or the name is unknown.</summary>
    /// <returns>What is wrong, for the log; null where nothing is.</returns>
    internal string? Resolve(out int user, out int groupNumber)
    {
        string? problem = null;
        if (!_resolved)
        {
            problem = Find(owner, "user", static name => Syscall.getpwnam(name)?.pw_uid, out _user)
                ?? Find(group, "group", static name => Syscall.getgrnam(name)?.gr_gid, out _group);
            _resolved = problem is null;
        }
        user = _user;
        groupNumber = _group;
        return problem;
    }

    private static string? Find(string? name, string kind, Func<string, uint?> lookUp, out int number)
    {
        number = Unset;
        if (name is null) return null;
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint given))
        {
            number = (int)given;
            return null;
        }
        try
        {
            if (lookUp(name) is { } found)
            {
                number = (int)found;
                return null;
            }
            return $"there is no {kind} '{name}' on this system";
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or TypeInitializationException)
        {
            return $"{kind} '{name}' cannot be looked up, because libMonoPosixHelper.so is missing beside the executable; give its number instead";
        }
    }
}
