
namespace NsCollector.PackageTests.Completions;

/// <summary>A directory with files whose names do harm if a completion evaluates them, and an agent that leaves a mark if it is started.</summary>
internal sealed class ShellDirectory : IDisposable
{
    internal ShellDirectory()
    {
        foreach (string name in (string[])["my influx.conf", "quote'd.conf", "$(touch harm).conf", "only.conf"]) File.WriteAllText(System.IO.Path.Combine(Path, name), "");
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "hostroot"));
        File.WriteAllText(System.IO.Path.Combine(Path, "hostname"), "");

        // A completion that runs the agent would start this one.
        Directory.CreateDirectory(Programs);
        File.WriteAllText(System.IO.Path.Combine(Programs, "nscollector"), $"#!/bin/sh\ntouch '{Path}/harm'\n");
        Command.Run("chmod", "+x", System.IO.Path.Combine(Programs, "nscollector"));
    }

    internal string Path { get; } = Directory.CreateTempSubdirectory("nscollector-completions-").FullName;

    /// <summary>The PATH with that agent.</summary>
    internal string SearchPath => Programs + ":" + Environment.GetEnvironmentVariable("PATH");

    private string Programs => System.IO.Path.Combine(Path, ".programs");

    /// <summary>Whether a typed word, a file name or the agent was executed.</summary>
    internal bool IsHarmed => File.Exists(System.IO.Path.Combine(Path, "harm"));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
