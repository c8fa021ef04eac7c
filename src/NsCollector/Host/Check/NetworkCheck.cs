using NsCollector.Sample;

namespace NsCollector.Host.Check;

/// <summary>The privileges, and the way to the network counters that they permit.</summary>
internal static class NetworkCheck
{
    internal static IEnumerable<Finding> Findings(CapabilitySet? capabilities, NetworkAccess access, SampleOptions options)
    {
        if (options.Network == NetworkMode.Off)
        {
            yield return Finding.Ok("network: turned off by the configuration ([network] mode)");
            yield break;
        }

        bool admin = capabilities?.Has(CapabilitySet.SysAdmin) ?? access.Setns == 0;
        bool ptrace = capabilities?.Has(CapabilitySet.SysPtrace) ?? false;
        bool procOnly = options.Network == NetworkMode.Proc;
        bool procReadable = access.ReadProc == 0;
        if (admin) yield return Finding.Ok("CAP_SYS_ADMIN: the agent may enter the containers' network namespaces");
        else if (procOnly) yield return Finding.Ok("CAP_SYS_ADMIN is missing; [network] mode = proc does not need it");
        else yield return Finding.Warn("CAP_SYS_ADMIN is missing: cannot enter network namespaces; counters come from /proc/PID/net, and container_conntrack is missing");

        if (ptrace) yield return Finding.Ok("CAP_SYS_PTRACE: the agent may open the namespaces of other users' processes");
        else yield return Finding.Warn("CAP_SYS_PTRACE is missing: cannot open the namespaces of other users' processes; cannot detect containers that share a network namespace or use the host's");

        // Without the two capabilities above, RuntimeCheck names each directory that cannot be read.
        if (capabilities is { } known && admin && ptrace && !known.Has(CapabilitySet.DacReadSearch))
        {
            yield return Finding.Warn("CAP_DAC_READ_SEARCH is missing: cannot read state files that belong to other users; the names of their containers are missing");
        }

        bool visits = access.Setns == 0;
        if (capabilities is { } set && visits && !procOnly)
        {
            yield return Finding.Ok(set.Has(CapabilitySet.NetBroadcast)
                ? "CAP_NET_BROADCAST: the kernel reports the bytes sent of interfaces that are removed in other network namespaces"
                : "CAP_NET_BROADCAST is missing: bytes sent of removed interfaces are those of the last sample; see docs/operations.md");
        }

        if (admin && access.Setns != 0)
        {
            yield return Finding.Warn($"setns: refused in spite of CAP_SYS_ADMIN (errno {-access.Setns}) by a system call filter; set RestrictNamespaces=net in the unit, or allow setns in the container's seccomp profile");
        }

        if (access.InUserNamespace)
        {
            yield return Finding.Warn("this process is in its own user namespace and its capabilities apply only there; cannot enter the network namespaces of containers outside");
        }

        yield return (options.Network, visits, procReadable) switch
        {
            (NetworkMode.Auto or NetworkMode.Visit, true, _) => Finding.Ok("network: by visit (setns works)"),
            (NetworkMode.Visit, false, _) => Finding.Fail("network: [network] mode = visit is not permitted; set it to auto or proc, or run as root"),
            (_, _, true) => Finding.Ok("network: from /proc/PID/net, without entering namespaces"),
            _ => Finding.Fail("network: cannot enter namespaces and cannot read /proc/PID/net; check that /proc is mounted without hidepid and that --proc names the host's procfs"),
        };
    }
}
