using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Host.Configuration;
using NsCollector.Linux;

namespace NsCollector.Host.Check;

/// <summary>Which container runtimes have left their traces here. Containers are found by their cgroups in any case; the runtimes' state gives their names.</summary>
internal static class RuntimeCheck
{
    internal static IEnumerable<Finding> Findings(HostRoots roots, DiscoverOptions options)
    {
        (string Runtime, IEnumerable<string> Sockets, IEnumerable<string> Directories)[] traces =
        [
            ("docker", [roots.Run + "/docker.sock"], options.DockerRoots.Select(root => root + "/containers")),
            ("containerd", [roots.Run + "/containerd/containerd.sock", roots.Run + "/docker/containerd/containerd.sock"], ContainerdNames.TaskDirectories(options, roots)),
            ("crio", [roots.Run + "/crio/crio.sock"], CrioDirectories(roots, options)),
            ("podman", [roots.Run + "/podman/podman.sock"], options.PodmanRoots.SelectMany(PodmanStore.Directories)),
            ("lxc", [], options.LxdRoots.Select(root => root + "/containers").Prepend(roots.Run + "/lxc").Prepend("/var/lib/lxc")),
            ("nspawn", [], [roots.Run + "/systemd/machines"]),
        ];
        bool any = false;
        foreach ((string runtime, IEnumerable<string> sockets, IEnumerable<string> directories) in traces)
        {
            List<string> found = [.. sockets.Where(File.Exists)];
            List<string> refused = [];
            foreach (string directory in directories)
            {
                bool? readable = Readable(directory);
                if (readable == true) found.Add(directory);
                else if (readable == false) refused.Add(directory);
            }

            any |= found.Count + refused.Count > 0;
            if (found.Count > 0) yield return Finding.Ok($"{runtime}: {string.Join(", ", found.Select(Printable.Text))}");
            foreach (string directory in refused)
            {
                yield return Finding.Warn($"{runtime}: {Printable.Text(directory)} cannot be read by this user; lost are the names of its containers, which go by the first 12 characters of their ids");
            }
        }

        if (!any) yield return Finding.Warn("no container runtime has left a trace here; containers are recognised by their cgroups once there are any");
    }

    // Podman's bundles stand in the same directory, which therefore is no trace of CRI-O.
    private static IEnumerable<string> CrioDirectories(HostRoots roots, DiscoverOptions options)
    {
        string own = roots.Run + "/crio";
        return Readable(own) is null ? [] : CrioNames.RunRoots(options, roots).SelectMany(PodmanStore.Directories).Prepend(own);
    }

    internal static IEnumerable<Finding> Counts(ImmutableArray<ContainerCount> counts)
    {
        if (counts.IsDefaultOrEmpty || counts.All(count => count.Containers == 0))
        {
            yield return Finding.Ok("containers recognised now: none");
            yield break;
        }

        yield return Finding.Ok("containers recognised now: " + string.Join(", ",
            counts.Where(count => count.Containers > 0).Select(count => $"{count.Containers} {count.Runtime.ToString().ToLowerInvariant()}")));
    }

    // Null: not there. Directory.Exists says false also for what may not be looked into, so listing is tried.
    private static bool? Readable(string directory)
    {
        try
        {
            using IEnumerator<string> entries = Directory.EnumerateFileSystemEntries(directory).GetEnumerator();
            entries.MoveNext();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            return null;
        }
    }
}
