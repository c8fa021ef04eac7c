using System.Diagnostics;

namespace NsCollector.LinuxTests.Sample.Cgroup;

/// <summary>The test's own cgroup in every mounted hierarchy, with the processes that it started there.</summary>
internal sealed class TestCgroup : IDisposable
{
    private static int s_number;

    private readonly List<Process> _processes = [];

    public TestCgroup()
    {
        Path = $"/nsc-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_number)}";
        foreach (string directory in Directory.GetDirectories("/sys/fs/cgroup"))
        {
            if (!File.Exists(directory + "/cgroup.procs")) continue;
            Hierarchies.Add(directory);
        }

        Make();
    }

    public string Path { get; }

    public List<string> Hierarchies { get; } = [];

    public string FileOf(string controller, string name) => $"/sys/fs/cgroup/{controller}{Path}/{name}";

    public string Read(string controller, string name) => File.ReadAllText(FileOf(controller, name));

    public long Number(string controller, string name) => long.Parse(Read(controller, name));

    public void Write(string controller, string name, string text) => File.WriteAllText(FileOf(controller, name), text);

    /// <summary>Starts a shell script in all of these cgroups.</summary>
    public Process Start(string script)
    {
        string enter = string.Concat(Hierarchies.Select(h => $"echo $$ > {h}{Path}/cgroup.procs; "));
        var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", enter + script]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        _processes.Add(process);
        return process;
    }

    /// <summary>Creates the cgroups, or creates them again after <see cref="Remove"/>.</summary>
    public void Make()
    {
        foreach (string directory in Hierarchies)
        {
            Directory.CreateDirectory(directory + Path);
            if (System.IO.Path.GetFileName(directory) != "cpuset") continue;
            foreach (string file in (string[])["/cpuset.cpus", "/cpuset.mems"]) File.WriteAllText(directory + Path + file, File.ReadAllText(directory + file));
        }
    }

    /// <summary>Kills every process and removes the cgroups.</summary>
    public void Remove()
    {
        foreach (Process process in _processes)
        {
            if (!process.HasExited) process.Kill(true);
            process.WaitForExit();
            process.Dispose();
        }

        _processes.Clear();
        foreach (string hierarchy in Hierarchies) RemoveFrom(hierarchy);
    }

    public void RemoveFrom(string hierarchy)
    {
        string directory = hierarchy + Path;
        for (int attempt = 0; Directory.Exists(directory); attempt++)
        {
            try
            {
                Directory.Delete(directory);
            }
            catch (IOException) when (attempt < 500)
            {
                // The last process has not been reaped yet.
                Thread.Sleep(10);
            }
        }
    }

    public void Dispose() => Remove();
}
