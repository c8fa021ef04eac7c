
namespace NsCollector.PackageTests.Completions;

/// <summary>A directory with files whose names do harm where a completion evaluates them, and an agent that does when it is started.</summary>
internal sealed class ShellDirectory : IDisposable
{
    internal ShellDirectory()
    {
        foreach (string name in (string[])["my influx.conf", "quote'd.conf", "$(touch harm).conf", "only.conf"]) File.WriteAllText(System.IO.Path.Combine(Path, name), "");
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "hostroot"));
        File.WriteAllText(System.IO.Path.Combine(Path, "hostname"), "");

        // A completion that asks the agent would start this one.
        Directory.CreateDirectory(Programs);
        File.WriteAllText(System.IO.Path.Combine(Programs, "nscollector"), $"#!/bin/sh\ntouch '{Path}/harm'\n");
        Command.Run("chmod", "+x", System.IO.Path.Combine(Programs, "nscollector"));
    }

    internal string Path { get; } = Directory.CreateTempSubdirectory("nscollector-completions-").FullName;

    /// <summary>The PATH to find that agent by.</summary>
    internal string SearchPath => Programs + ":" + Environment.GetEnvironmentVariable("PATH");

    private string Programs => System.IO.Path.Combine(Path, ".programs");

    /// <summary>Whether something that was typed, or the name of a file, was run, or the agent was.</summary>
    internal bool IsHarmed => File.Exists(System.IO.Path.Combine(Path, "harm"));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
