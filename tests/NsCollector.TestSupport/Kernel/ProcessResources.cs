using System.Globalization;

namespace NsCollector.TestSupport.Kernel;

/// <summary>The kernel's values of the resources of a process.</summary>
/// <param name="Descriptors">Open descriptors.</param>
/// <param name="NetworkNamespaces">The number of those that refer to network namespaces.</param>
/// <param name="Watches">Its inotify watches.</param>
/// <param name="ThreadCount">Its threads.</param>
/// <param name="AnonymousKib">Resident anonymous memory (RssAnon).</param>
public sealed record ProcessResources(int Descriptors, int NetworkNamespaces, int Watches, int ThreadCount, long AnonymousKib)
{
    public static ProcessResources Read(int pid)
    {
        string[] targets = [.. Directory.GetFileSystemEntries($"/proc/{pid}/fd").Select(path => new FileInfo(path).LinkTarget ?? "")];
        int watches = 0;
        foreach (string path in Directory.GetFileSystemEntries($"/proc/{pid}/fd"))
        {
            if (new FileInfo(path).LinkTarget != "anon_inode:inotify")
                continue;
            watches += File.ReadLines($"/proc/{pid}/fdinfo/{Path.GetFileName(path)}").Count(line => line.StartsWith("inotify wd:", StringComparison.Ordinal));
        }

        string anonymous = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return new ProcessResources(
            targets.Length,
            targets.Count(target => target.StartsWith("net:", StringComparison.Ordinal)),
            watches,
            Directory.GetDirectories($"/proc/{pid}/task").Length,
            long.Parse(anonymous.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
    }

    /// <summary>The CPU time of each thread by its name, and the time it was runnable but did not run, in ns (Documentation/scheduler/sched-stats.rst).</summary>
    public static Dictionary<string, (long CpuNs, long WaitedNs)> ReadThreads(int pid)
    {
        var threads = new Dictionary<string, (long CpuNs, long WaitedNs)>();
        foreach (string task in Directory.GetDirectories($"/proc/{pid}/task"))
        {
            string name;
            long[] numbers;
            try
            {
                name = File.ReadAllText(task + "/comm").TrimEnd('\n');
                numbers = [.. File.ReadAllText(task + "/schedstat").Split(' ').Select(number => long.Parse(number, CultureInfo.InvariantCulture))];
            }
            catch (IOException)
            {
                // The thread has exited in between.
                continue;
            }

            (long cpu, long waited) = threads.GetValueOrDefault(name);
            threads[name] = (cpu + numbers[0], waited + numbers[1]);
        }

        return threads;
    }
}
