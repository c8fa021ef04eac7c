using NsCollector.Linux.Cgroup;

namespace NsCollector.Sample.Cgroup;

/// <summary>Parses /proc/PID/cgroup: <c>ID:CONTROLLER,CONTROLLER:PATH</c> for v1 and <c>0::PATH</c> for v2 (cgroups(7)).</summary>
internal static class ProcessCgroupParser
{
    /// <summary>The process's cgroup in a hierarchy, or null if the text does not contain it.</summary>
    internal static string? PathOf(string text, CgroupHierarchy hierarchy)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            int first = line.IndexOf(':');
            if (first < 0) continue;
            ReadOnlySpan<char> rest = line[(first + 1)..];
            int second = rest.IndexOf(':');
            if (second < 0) continue;
            ReadOnlySpan<char> controllers = rest[..second];
            if (hierarchy.IsV2)
            {
                if (controllers.IsEmpty && line[..first] is "0") return rest[(second + 1)..].ToString();
                continue;
            }

            foreach (Range part in controllers.Split(','))
            {
                if (controllers[part].SequenceEqual(hierarchy.Controllers[0])) return rest[(second + 1)..].ToString();
            }
        }

        return null;
    }
}
