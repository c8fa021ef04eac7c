using System.Collections.Immutable;
using NsCollector.Discover;
using NsCollector.Discover.Identify;
using NsCollector.Host.Configuration;
using NsCollector.Linux;

namespace NsCollector.Host.Check;

/// <summary>Which container runtimes are installed here, by their sockets and state directories. Containers are found by their cgroups anyway; the state files give their names.</summary>
internal static class RuntimeCheck
{
    internal static IEnumerable<Finding> Findings(HostRoots roots, DiscoverOptions options)
    {
        bool any = false;
        options = FoundDirectories.AddTo(options, roots);
        foreach ((ContainerRuntime runtime, RuntimeSupport support) in RuntimeTable.Rows)
        {
            string name = runtime.ToString().ToLowerInvariant();
            List<string> found = [.. support.Sockets(roots).Where(File.Exists)];
            List<string> refused = [];
            foreach (string directory in StateDirectories(support, roots, options))
            {
                bool? readable = Readable(directory);
                if (readable == true) found.Add(directory);
                else if (readable == false) refused.Add(directory);
            }

            any |= found.Count + refused.Count > 0;
            if (found.Count > 0) yield return Finding.Ok($"{name}: {string.Join(", ", found.Select(Printable.Text))}");
            foreach (string directory in refused)
            {
                yield return Finding.Warn($"{name}: this user cannot read {Printable.Text(directory)}; its containers are named by the first 12 characters of their ids");
            }
        }

        if (!any) yield return Finding.Warn("no container runtime found; containers are recognised by their cgroups as soon as there are any");
    }

    private static IEnumerable<string> StateDirectories(RuntimeSupport support, HostRoots roots, DiscoverOptions options)
    {
        IEnumerable<string> directories = support.StateDirectories(roots, options);
        if (support.Marker is not { } marker) return directories;
        string marked = marker(roots);
        return Readable(marked) is null ? [] : directories.Prepend(marked);
    }

    internal static IEnumerable<Finding> Counts(ContainerTotals totals)
    {
        if (totals.NothingLeft is { } problem)
        {
            yield return Finding.Warn($"containers: {problem}; correct that key");
            yield break;
        }

        ImmutableArray<ContainerCount> counts = totals.Included;
        if (counts.IsDefaultOrEmpty || counts.All(count => count.Containers == 0))
        {
            yield return Finding.Ok("containers recognised: none");
            yield break;
        }

        yield return Finding.Ok("containers recognised: " + string.Join(", ",
            counts.Where(count => count.Containers > 0).Select(count => $"{count.Containers} {count.Runtime.ToString().ToLowerInvariant()}")));
        foreach (ContainerCount count in counts.Where(count => count.Nameless > 0))
        {
            string runtime = count.Runtime.ToString().ToLowerInvariant();
            string remedy = RuntimeTable.Of(count.Runtime).DirectoriesKey is { } key ? $"; set discovery.{key} to the directory in which the runtime keeps its state" : "";
            int nameless = count.Nameless - count.NamelessInside;
            if (nameless > 0) yield return Finding.Warn($"{nameless} of {count.Containers} {runtime} containers have no name, because no readable state file has it{remedy}");
            if (count.NamelessInside > 0) yield return Finding.Ok($"{count.NamelessInside} of {count.Containers} {runtime} containers are inside other containers and have no name, because no readable state file of a runtime there has it, or discovery.names_inside is off");
        }
    }

    // Null: missing. Directory.Exists is false also without permission, so try to list the directory.
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
