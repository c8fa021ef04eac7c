using System.Globalization;
using NsCollector.GuestTests.Values;
using Xunit.Abstractions;

namespace NsCollector.GuestTests.Service;

/// <summary>What the kernel and systemd allow the service to do.</summary>
[Collection(GuestCollection.Name)]
public sealed class SandboxTests(Guest guest, StartedAgent started, ITestOutputHelper report) : IClassFixture<StartedAgent>
{
    // include/uapi/linux/capability.h: CAP_DAC_READ_SEARCH 2, CAP_SYS_PTRACE 19, CAP_SYS_ADMIN 21.
    private const ulong Capabilities = (1 << 2) | (1 << 19) | (1 << 21);

    private const string StatDirectories = "stat -c '%a %U %G' /var/log/nscollector /var/lib/nscollector";
    private const string DirectoryModes = "750 nscollector nscollector\n700 nscollector nscollector";

    [GuestFact]
    public void Service_has_its_own_user_and_only_three_capabilities()
    {
        Dictionary<string, string> status = Pairs(guest.Read($"/proc/{started.Pid}/status"), ':');
        string uid = guest.Run("id -u nscollector"), gid = guest.Run("id -g nscollector");
        Assert.NotEqual("0", uid);
        Assert.Equal([uid, uid, uid, uid], status["Uid"].Split('\t'));
        Assert.Equal([gid, gid, gid, gid], status["Gid"].Split('\t'));
        Assert.Equal(gid, status["Groups"].Trim());
        foreach (string set in new[] { "CapPrm", "CapEff", "CapBnd", "CapAmb", "CapInh" })
            Assert.Equal(Capabilities, ulong.Parse(status[set], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal(("1", "2"), (status["NoNewPrivs"], status["Seccomp"]));
    }

    [GuestFact]
    public void Service_starts_without_credentials()
    {
        Assert.Equal("", guest.Run("ls -A /etc/nscollector/credentials"));
        Assert.Equal("active", guest.Run("systemctl is-active nscollector.service"));
    }

    [GuestFact]
    public void Service_has_the_cpu_weight_of_its_slice_and_its_limits()
    {
        Assert.Equal("0::/nscollector.slice/nscollector.service", guest.Read($"/proc/{started.Pid}/cgroup"));
        const string Slice = "/sys/fs/cgroup/nscollector.slice";
        Assert.Equal("20", guest.Read($"{Slice}/cpu.weight"));
        Assert.Equal((512L << 20).ToString(CultureInfo.InvariantCulture), guest.Read($"{Slice}/nscollector.service/memory.max"));
        Assert.Equal("0", guest.Read($"{Slice}/nscollector.service/memory.swap.max"));
        Assert.Equal("512", guest.Read($"{Slice}/nscollector.service/pids.max"));
        // IOWeight= would have enabled the io controller.
        Assert.DoesNotContain("io", guest.Read($"{Slice}/cgroup.subtree_control").Split(' '));

        Dictionary<string, string[]> limits = guest.Read($"/proc/{started.Pid}/limits").Split('\n')[1..]
            .ToDictionary(line => line[..26].Trim(), line => line[26..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(["262144", "262144"], limits["Max open files"][..2]);
        Assert.Equal(["0", "0"], limits["Max core file size"][..2]);
        Assert.Equal(["1", "1"], limits["Max realtime priority"][..2]);
    }

    [GuestFact]
    public void Only_the_final_read_thread_has_real_time_priority()
    {
        // proc_pid_stat(5): rt_priority is field 40, policy is 41, and the first field after the name is 3. SCHED_FIFO is 1.
        (string Name, string Priority, string Policy)[] threads =
        [
            .. from line in guest.Run($"cat /proc/{started.Pid}/task/*/stat").Split('\n')
               let name = line[(line.IndexOf('(', StringComparison.Ordinal) + 1)..line.LastIndexOf(')')]
               let fields = line[(line.LastIndexOf(')') + 2)..].Split(' ')
               select (name, fields[40 - 3], fields[41 - 3]),
        ];
        Assert.Equal(("watch", "1", "1"), Assert.Single(threads, thread => thread.Policy != "0"));
    }

    [GuestFact]
    public void Only_its_two_directories_are_writable()
    {
        // As root, who needs no permissions, in the service's mount namespace.
        foreach (string directory in new[] { "/etc", "/etc/nscollector", "/usr", "/usr/lib/nscollector", "/var", "/var/lib", "/var/log", "/root", "/home", "/opt", "/sys/fs/cgroup", "/run", "/run/lock", "/dev/shm", "/dev/mqueue" })
        {
            (int status, _, string errors) = guest.Try($"LC_ALL=C nsenter -t {started.Pid} -m -- touch {directory}/written-by-a-test; s=$?; rm -f {directory}/written-by-a-test; exit $s");
            Assert.True(status != 0 && errors.Contains("Read-only file system", StringComparison.Ordinal), $"{directory}: {errors}");
        }

        // As the service's user, in the directories for everyone.
        const string AsItself = "setpriv --reuid nscollector --regid nscollector --clear-groups --inh-caps=-all --no-new-privs --";
        guest.Run($"for d in /var/log/nscollector /var/lib/nscollector; do nsenter -t {started.Pid} -m -- {AsItself} touch $d/written-by-a-test && rm $d/written-by-a-test || exit 1; done");
        Assert.Equal(DirectoryModes, guest.Run(StatDirectories));
        Assert.Equal("640 nscollector nscollector", guest.Run("stat -c '%a %U %G' /var/log/nscollector/metrics.lp"));
    }

    [GuestFact]
    public void Systemd_analyze_security_reports_at_most_the_allowed_exposure()
    {
        string analysis = guest.Run("systemd-analyze --no-pager security nscollector.service");
        report.WriteLine(analysis);
        string overall = analysis.Split('\n').Single(line => line.Contains("Overall exposure level", StringComparison.Ordinal));
        double exposure = double.Parse(overall.Split(": ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(exposure, 0.1, 3.0);
    }

    [GuestFact]
    public void Systemd_analyze_verify_accepts_the_units()
    {
        // Without manual pages: the guest has no man(1).
        (_, string output, string errors) = guest.Try("systemd-analyze --man=no verify nscollector.service nscollector.slice");
        // It also reports faults of other units on which these depend.
        IEnumerable<string> ours = (output + errors).Split('\n').Where(line => line.Contains("nscollector", StringComparison.Ordinal));
        if (guest.SystemdVersion < 254)
            ours = ours.Where(line => !line.Contains("RestartSteps", StringComparison.Ordinal) && !line.Contains("RestartMaxDelaySec", StringComparison.Ordinal));
        Assert.Empty(ours);
    }

    [GuestFact]
    public void Check_as_service_finds_nothing_wrong_with_the_unit()
    {
        // Debian loads these modules only for a program that asks for sockets, such as ss. The agent does not.
        string findings = guest.Run("modprobe -a tcp_diag udp_diag && nscollector check --as-service");
        Assert.Contains("ok    connections: ", findings, StringComparison.Ordinal);
        Assert.Contains("ok    network: by visit", findings, StringComparison.Ordinal);
        Assert.Contains("ok    real-time priority: granted", findings, StringComparison.Ordinal);
        Assert.DoesNotContain("FAIL", findings, StringComparison.Ordinal);
        // systemd sets the modes of the unit's directories, or its default modes.
        Assert.Equal(DirectoryModes, guest.Run(StatDirectories));
        string[] warnings = [.. findings.Split('\n').Where(line => line.StartsWith("warn", StringComparison.Ordinal))];
        if (guest.ReportsExitStatus)
            Assert.Empty(warnings);
        else
            Assert.StartsWith("warn  exit codes: this kernel does not report them", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [GuestFact]
    public void Network_namespace_does_not_outlive_its_container()
    {
        WorkloadImage.Import(guest, "podman");
        string before = Namespaces();
        const string Name = "gone";
        try
        {
            string id = guest.Run($"podman run -d --name {Name} {WorkloadImage.Name} /bin/sleep 3600");
            string pid = guest.Run($"podman inspect -f '{{{{.State.Pid}}}}' {Name}");
            // A veth pair unknown to podman: only the end of the namespace removes it.
            guest.Run($"ip link add outer type veth peer name inner netns {pid} && nsenter -t {pid} -n ip link set inner up");
            Sample sample = started.Agent.AwaitSample(id, guest.NowNs);
            // The agent has visited the namespace.
            Assert.Contains(sample.Points, point => point.Measurement == "container_network" && point.Tags["interface"] == "inner");
            // podman mounts the namespace, which is visible in the service's mount namespace.
            Assert.NotEqual(before, Namespaces());

            guest.Run($"podman rm -f -t 0 {Name}");
            Guest.Await(() => guest.Try("ip link show outer").Status != 0, "the namespace is removed, and its veth", patience: TimeSpan.FromSeconds(20));
            Assert.Equal(before, Namespaces());
            Point self = started.Agent.Points.Last(point => point.Measurement == "nscollector" && point.Has("namespace_fds_held"));
            Assert.Equal(0, self.Integer("namespace_fds_held"));
        }
        finally
        {
            guest.Run($"podman rm -f -t 0 -i {Name}; ip link delete outer 2> /dev/null || true");
        }

        string Namespaces() => guest.Run($"grep ' - nsfs ' /proc/{started.Pid}/mountinfo || true");
    }

    private static Dictionary<string, string> Pairs(string text, char separator) => text.Split('\n')
        .Select(line => line.Split(separator, 2))
        .ToDictionary(pair => pair[0], pair => pair[1].Trim());
}
