using NsCollector.Host.Check;

namespace NsCollector.Host.Service;

/// <summary>The names of capabilities, by number (include/uapi/linux/capability.h).</summary>
internal static class CapabilityNames
{
    /// <summary>Every capability: more bits than the kernel has, as CapabilityBoundingSet=~ has.</summary>
    internal static readonly CapabilitySet All = new(ulong.MaxValue);

    private static readonly string[] Names =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
        "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
        "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
        "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
        "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>A set of a unit: each line adds its capabilities, or with ~ removes them; a line without any begins again (systemd.exec(5)).</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="key">CapabilityBoundingSet or AmbientCapabilities.</param>
    /// <param name="ifAbsent">The set if the unit does not assign the key.</param>
    /// <remarks>Source: config_parse_capability_set() in systemd's load-fragment.c.</remarks>
    internal static CapabilitySet Parse(UnitFile unit, string key, CapabilitySet ifAbsent)
    {
        // In systemd an unassigned bounding set is a value of its own, but unassigned ambient capabilities are the empty set.
        ulong? unassigned = ifAbsent.Bits == 0 ? 0 : null;
        ulong? set = unassigned;
        foreach (string line in unit.Raw(key))
        {
            bool removes = line.StartsWith('~');
            ulong named = 0;
            foreach (string name in UnitWords.Split(removes ? line[1..] : line))
            {
                int number = Array.IndexOf(Names, name.ToUpperInvariant());
                if (number >= 0) named |= 1UL << number;
            }

            ulong bits = removes ? ~named : named;
            if (named == 0 || set == unassigned) set = bits;
            else set = removes ? set & bits : set | bits;
        }

        return set is { } assigned ? new CapabilitySet(assigned) : ifAbsent;
    }

    /// <summary>The names in a set, for a message.</summary>
    internal static string Of(CapabilitySet set)
    {
        if (set == All) return "all";
        string[] names = [.. Names.Where((_, number) => set.Has(number))];
        return names.Length == 0 ? "none" : names.Length == Names.Length ? "all" : string.Join(" ", names);
    }
}
