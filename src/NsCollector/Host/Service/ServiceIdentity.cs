using System.Collections.Immutable;
using NsCollector.Host.Check;
using NsCollector.Host.Configuration;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Service;

/// <summary>The user, groups and capabilities of a unit's process.</summary>
/// <param name="UserName">The user as the unit names it; root if it names none.</param>
/// <param name="User">Its number.</param>
/// <param name="Group">The primary group.</param>
/// <param name="Groups">All groups.</param>
/// <param name="Ambient">The capabilities that the process has unless the user is root.</param>
/// <param name="Bounding">The capabilities that it can have at most.</param>
/// <param name="NoNewPrivileges">Whether programs that it executes gain no privileges.</param>
internal sealed record ServiceIdentity(
    string UserName, uint User, uint Group, ImmutableArray<uint> Groups, CapabilitySet Ambient, CapabilitySet Bounding, bool NoNewPrivileges)
{
    /// <summary>What the process has. Root gets all of the bounding set when it executes a program.</summary>
    internal CapabilitySet Effective => User == 0 ? Bounding : new CapabilitySet(Ambient.Bits & Bounding.Bits);

    /// <summary>Looks up the unit's user and groups.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="problem">What is wrong and what to do; empty if nothing is.</param>
    internal static ServiceIdentity? Find(UnitFile unit, out string problem)
    {
        problem = "";
        if (unit.IsOn("DynamicUser"))
        {
            problem = "its user exists only while it runs (DynamicUser=), so nothing can be checked as that user; set User= to a user that exists";
            return null;
        }

        string userName = unit.Last("User") ?? "root";
        if (Posix.FindUser(userName, out uint user) != AccountLookup.Found)
        {
            problem = $"there is no user {Printable.Text(userName)} (User=); create it with systemd-sysusers, or install the package again";
            return null;
        }

        (string Name, uint Group)? account = Posix.AccountOf(user);
        uint group = account?.Group ?? 0;
        List<string> more = [.. unit.All("SupplementaryGroups").SelectMany(UnitWords.Split)];
        List<uint> groups = [];
        foreach (string name in unit.Last("Group") is { } primary ? [primary, .. more] : more)
        {
            if (Posix.FindGroup(name, out uint number) != AccountLookup.Found)
            {
                problem = $"there is no group {Printable.Text(name)} (Group= or SupplementaryGroups=); create it, or remove it from the unit";
                return null;
            }

            groups.Add(number);
        }

        if (unit.Last("Group") is not null) group = groups[0];
        if (account is { } known) groups.AddRange(Libc.Getgrouplist(known.Name, group));
        return new ServiceIdentity(
            userName, user, group, [.. groups.Append(group).Distinct()],
            CapabilityNames.Parse(unit, "AmbientCapabilities", default), CapabilityNames.Parse(unit, "CapabilityBoundingSet", CapabilityNames.All),
            unit.IsOn("NoNewPrivileges"));
    }

    /// <summary>Takes on this identity for good; the capabilities apply to the calling thread and to what it executes.</summary>
    /// <param name="step">The step that failed.</param>
    /// <returns>0, or -errno.</returns>
    internal int Apply(out string step)
    {
        step = "set its groups";
        int error = Libc.Setgroups(Groups.AsSpan());
        if (error < 0) return error;

        // The kernel answers EINVAL for the first number that is no capability.
        step = "drop capabilities that it does not have";
        for (int number = 0; number < 64 && error == 0; number++)
        {
            if (!Bounding.Has(number)) error = Libc.Prctl(Libc.PR_CAPBSET_DROP, number);
        }

        if (error < 0 && error != -Errno.EINVAL) return error;
        step = "keep its capabilities";
        if ((error = Libc.Prctl(Libc.PR_SET_KEEPCAPS, 1)) < 0) return error;
        step = "become its user";
        if ((error = Libc.SetUserAndGroup(User, Group)) < 0) return error;
        step = "set its capabilities";
        if (User != 0 && (error = RaiseAmbient()) < 0) return error;
        step = "set NoNewPrivileges";
        return NoNewPrivileges ? Libc.Prctl(Libc.PR_SET_NO_NEW_PRIVS, 1) : 0;
    }

    private int RaiseAmbient()
    {
        int error = Libc.Capset(Effective.Bits);
        for (int number = 0; number < 64 && error == 0; number++)
        {
            if (Effective.Has(number)) error = Libc.Prctl(Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_RAISE, number);
        }

        return error;
    }
}
