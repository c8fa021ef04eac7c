using System.Globalization;
using System.Runtime.CompilerServices;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Interop;

namespace NsCollector.LinuxTests.Fixtures;

/// <summary>Shared test helpers as the types of the agent, which NsCollector.TestSupport does not reference.</summary>
internal static class AgentTypes
{
    private static readonly ConditionalWeakTable<NamespaceProcess, ProcessDirectory> Opened = [];

    extension(NamespaceProcess process)
    {
        /// <summary>A descriptor of its /proc directory, as discovery opens it.</summary>
        internal ProcessDirectory Directory => Opened.GetValue(process, Open);

        internal static ProcessDirectory OpenDirectory(int pid)
        {
            int descriptor = Libc.Openat(Libc.AT_FDCWD, System.Text.Encoding.UTF8.GetBytes($"/proc/{pid}\0"), Libc.O_PATH | Libc.O_DIRECTORY);
            Assert.True(descriptor >= 0, $"open /proc/{pid}: {descriptor}");
            return new ProcessDirectory(descriptor, pid, StartedBoottimeNs(pid));
        }
    }

    extension(TestCgroups cgroups)
    {
        /// <summary>
        /// The hierarchies as if only <see cref="TestCgroups.Parent"/> were mounted: cgroup paths stay those of the whole hierarchy, and
        /// other cgroups of the host are not visible. Creates <see cref="TestCgroups.Parent"/>.
        /// </summary>
        internal CgroupMounts Mounts()
        {
            cgroups.Make("");
            return CgroupMounts.Parse(string.Concat(cgroups.Hierarchies.Select((hierarchy, number) =>
            {
                string[] fields = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).First(fields => fields[4] == hierarchy);
                int separator = Array.IndexOf(fields, "-");
                return string.Create(CultureInfo.InvariantCulture,
                    $"{number + 1} 1 0:{number} {cgroups.Parent} {hierarchy}{cgroups.Parent} rw - {fields[separator + 1]} {fields[separator + 2]} {fields[^1]}\n");
            })));
        }
    }

    private static ProcessDirectory Open(NamespaceProcess process)
    {
        ProcessDirectory directory = NamespaceProcess.OpenDirectory(process.Pid);
        process.Disposed += directory.Close;
        return directory;
    }

    private static long StartedBoottimeNs(int pid)
    {
        // Field 22 is counted after the command, which may contain spaces.
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        long ticks = long.Parse(fields[19], CultureInfo.InvariantCulture);
        return ticks * BootClock.TickNs;
    }
}
