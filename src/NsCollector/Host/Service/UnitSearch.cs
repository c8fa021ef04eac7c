using NsCollector.Host.Check;

namespace NsCollector.Host.Service;

/// <summary>Finds a unit file and its drop-ins where systemd looks for them (systemd.unit(5)).</summary>
internal static class UnitSearch
{
    /// <summary>The directories of system units, the most important first.</summary>
    private static readonly string[] Directories =
        ["/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

    /// <summary>Reads a unit.</summary>
    /// <param name="unit">Its name, or the path of its file.</param>
    /// <param name="files">The unit file and the drop-ins that were read, in order.</param>
    /// <returns>The unit; null if no file can be read.</returns>
    internal static UnitFile? Read(string unit, out List<string> files)
    {
        files = [];
        bool isPath = unit.Contains('/', StringComparison.Ordinal);
        string? path = isPath ? Path.GetFullPath(unit) : Directories.Select(directory => $"{directory}/{unit}").FirstOrDefault(File.Exists);
        if (path is null || TextFile.Read(path) is not { } text) return null;
        UnitFile file = new();
        file.Add(text);
        files.Add(path);
        foreach (string dropIn in DropIns(isPath ? [path + ".d"] : [.. Directories.SelectMany(directory => (string[])[$"{directory}/{unit}.d", $"{directory}/service.d"])]))
        {
            if (TextFile.Read(dropIn) is not { } more) continue;
            file.Add(more);
            files.Add(dropIn);
        }

        return file;
    }

    // Sorted by file name, whatever the directory. The first of several with one name hides the others.
    private static IEnumerable<string> DropIns(string[] directories)
    {
        SortedDictionary<string, string> byName = new(StringComparer.Ordinal);
        foreach (string directory in directories)
        {
            if (!Directory.Exists(directory)) continue;
            foreach (string path in Directory.EnumerateFiles(directory, "*.conf")) byName.TryAdd(Path.GetFileName(path), path);
        }

        return byName.Values;
    }
}
