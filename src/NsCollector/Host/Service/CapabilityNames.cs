namespace NsCollector.Host.Service;

/// <summary>The names of capabilities, by number (include/uapi/linux/capability.h).</summary>
internal static class CapabilityNames
{
    /// <summary>Every capability: more bits than the kernel has, as CapabilityBoundingSet=~ has.</summary>
    internal const ulong All = ulong.MaxValue;

    private static readonly string[] Names =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
        "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
        "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
        "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
        "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>A set of a unit: each line adds its capabilities, or with ~ removes them; an empty line removes all (systemd.exec(5)).</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="key">CapabilityBoundingSet or AmbientCapabilities.</param>
    /// <param name="ifAbsent">The set if the unit does not assign the key.</param>
    internal static ulong Parse(UnitFile unit, string key, ulong ifAbsent)
    {
        if (!unit.Has(key)) return ifAbsent;
        ulong set = 0;
        bool isFirst = true;
        foreach (string line in unit.All(key))
        {
            bool removes = line.StartsWith('~');
            ulong bits = 0;
            foreach (string name in UnitWords.Split(removes ? line[1..] : line))
            {
                int number = Array.IndexOf(Names, name.ToUpperInvariant());
                if (number >= 0) bits |= 1UL << number;
            }

            set = removes ? (isFirst ? All : set) & ~bits : set | bits;
            isFirst = false;
        }

        return set;
    }

    /// <summary>The names in a set, for a message.</summary>
    internal static string Of(ulong set)
    {
        if (set == All) return "all";
        string[] names = [.. Names.Where((_, number) => ((set >> number) & 1) != 0)];
        return names.Length == 0 ? "none" : names.Length == Names.Length ? "all" : string.Join(" ", names);
    }
}
