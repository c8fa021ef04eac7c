using NsCollector.Sample;

namespace NsCollector.Host.Check;

/// <summary>The privileges, and which way to the network counters they leave.</summary>
internal static class NetworkCheck
{
    internal static IEnumerable<Finding> Findings(CapabilitySet? capabilities, NetworkAccess access, SampleOptions options)
    {
        if (options.Network == NetworkMode.Off)
        {
            yield return Finding.Ok("network: off by configuration ([network] mode)");
            yield break;
        }

        bool admin = capabilities?.Has(CapabilitySet.SysAdmin) ?? access.Setns == 0;
        bool ptrace = capabilities?.Has(CapabilitySet.SysPtrace) ?? false;
        bool procOnly = options.Network == NetworkMode.Proc;
        bool procReadable = access.ReadProc == 0;
        if (admin) yield return Finding.Ok("CAP_SYS_ADMIN: the containers' network namespaces may be entered");
        else if (procOnly) yield return Finding.Ok("CAP_SYS_ADMIN is missing; [network] mode = proc does without it");
        else yield return Finding.Warn("CAP_SYS_ADMIN is missing: network namespaces cannot be entered; lost is container_conntrack, and the counters come from /proc/PID/net");

        if (ptrace) yield return Finding.Ok("CAP_SYS_PTRACE: the namespaces of other users' processes may be opened");
        else yield return Finding.Warn("CAP_SYS_PTRACE is missing: the namespaces of other users' processes cannot be opened; lost is to know which containers share a namespace or are in the host's own");

        // Reading runtimes' directories needs a right too, which a user without the two above is not told about here: the
        // runtimes that cannot be read are named one by one.
        if (capabilities is { } known && admin && ptrace && !known.Has(CapabilitySet.DacReadSearch))
        {
            yield return Finding.Warn("CAP_DAC_READ_SEARCH is missing: runtimes' state that belongs to other users cannot be read; lost are the names of their containers");
        }

        bool visits = access.Setns == 0;
        if (admin && access.Setns != 0)
        {
            yield return Finding.Warn($"setns: refused although CAP_SYS_ADMIN is there (errno {-access.Setns}): a filter of system calls stands in the way, such as systemd's RestrictNamespaces= (wanted is RestrictNamespaces=net) or a container's seccomp profile");
        }

        if (access.InUserNamespace)
        {
            yield return Finding.Warn("this process is in a user namespace of its own: its capabilities hold for that only; lost are the network namespaces of containers outside of it");
        }

        yield return (options.Network, visits, procReadable) switch
        {
            (NetworkMode.Auto or NetworkMode.Visit, true, _) => Finding.Ok("network: by visit (setns was tried, and works)"),
            (NetworkMode.Visit, false, _) => Finding.Fail("network: [network] mode = visit, which is not permitted; use auto or proc, or run as root"),
            (_, _, true) => Finding.Ok("network: by /proc/PID/net, without entering namespaces"),
            _ => Finding.Fail("network: there is no way to the counters: namespaces cannot be entered, and /proc/PID/net cannot be read (is /proc mounted with hidepid, or is another process's /proc meant with --proc?)"),
        };
    }
}
