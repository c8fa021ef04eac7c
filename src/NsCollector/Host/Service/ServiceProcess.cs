using System.Globalization;
using System.Text;
using NsCollector.Host.Check;
using NsCollector.Host.Configuration;
using NsCollector.Linux.Interop;

namespace NsCollector.Host.Service;

/// <summary>
/// Turns this process into one that has what systemd would give to the service, and executes <c>check</c> again. No other
/// process is started. Not applied: system call filters, address families, SELinux and AppArmor.
/// </summary>
internal static class ServiceProcess
{
    /// <summary>The unit that the packages install.</summary>
    internal const string DefaultUnit = "nscollector.service";

    /// <summary>The command line of the check that runs as the service, without the program; null if there is a problem.</summary>
    internal delegate List<string>? MergeArguments(UnitFile unit, out string problem);

    /// <summary>Prints what the unit says, then replaces this process. Returns only if that failed.</summary>
    /// <param name="unitName">The unit's name, or the path of its file.</param>
    /// <param name="merge">Gives the arguments of the new process.</param>
    /// <param name="output">Receives the findings.</param>
    /// <returns>The exit status after a failure.</returns>
    internal static int Run(string unitName, MergeArguments merge, FindingWriter output)
    {
        Finding? failure = Become(unitName, merge, output);
        if (failure is not null) output.Write(failure);
        return ExitCode.Failed;
    }

    private static Finding? Become(string unitName, MergeArguments merge, FindingWriter output)
    {
        if (UnitSearch.Read(unitName, out List<string> files) is not { } unit)
            return Finding.Fail($"service: cannot find or read the unit {Printable.Text(unitName)}; install the package, or name another unit with --unit");
        if (Libc.Geteuid() != 0) return Finding.Fail("service: only root can take on the user and the limits of a service; run this command as root");
        if (ServiceIdentity.Find(unit, out string problem) is not { } identity) return Finding.Fail($"service: {problem}");
        if (merge(unit, out problem) is not { } arguments) return Finding.Fail($"service: {problem}");
        ServiceDirectories directories = ServiceDirectories.Of(unit);
        Print(output, files, identity, directories);
        string[] environment = ServiceEnvironment.Of(unit, Path.GetFileName(unitName));
        string[] words = [.. Program(), .. arguments];
        foreach (ServiceLimit limit in ServiceLimit.Of(unit))
        {
            int refused = Libc.Setrlimit(limit.Resource, new Libc.Rlimit { Soft = limit.Soft, Hard = limit.Hard });
            if (refused < 0) output.Write(Finding.Warn($"service: cannot set {limit.Key}= ({Errno.Name(-refused)}), so what follows has this shell's limit; run this command outside of containers"));
        }

        int program = Libc.Openat(Libc.AT_FDCWD, "/proc/self/exe\0"u8);
        if (program < 0) return Finding.Fail($"service: cannot open /proc/self/exe ({Errno.Name(-program)}); mount /proc");
        Directory.SetCurrentDirectory(unit.Last("WorkingDirectory") is { } working && Directory.Exists(working) ? working : "/");
        int error = directories.Apply();
        if (error < 0) return Finding.Fail($"service: cannot create a mount namespace ({Errno.Name(-error)}); run this command outside of containers");
        error = identity.Apply(out string step);
        if (error < 0) return Finding.Fail($"service: cannot {step} ({Errno.Name(-error)}); run this command outside of containers");
        output.Flush();
        error = Libc.Fexecve(program, words, environment);
        return Finding.Fail($"service: its user cannot execute {Printable.Text(Environment.ProcessPath ?? "nscollector")} ({Errno.Name(-error)}); give it read and execute permission");
    }

    // The program, or dotnet and its arguments. The service runs in another directory.
    private static IEnumerable<string> Program()
    {
        string commandLine = Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline"));

        // A NUL ends each word; the last one may be empty.
        string[] words = commandLine[..^1].Split('\0');
        int arguments = Environment.GetCommandLineArgs().Length - 1;
        return words[..^arguments].Select(word => File.Exists(word) ? Path.GetFullPath(word) : word);
    }

    private static void Print(FindingWriter output, List<string> files, ServiceIdentity identity, ServiceDirectories directories)
    {
        output.Write(Finding.Ok("service: " + string.Join(", ", files.Select(Printable.Text))));
        output.Write(Finding.Ok(string.Create(CultureInfo.InvariantCulture,
            $"service: user {Printable.Text(identity.UserName)} ({identity.User}), groups {string.Join(" ", identity.Groups)}, capabilities {CapabilityNames.Of(identity.Effective)}")));
        foreach (string missing in directories.Missing)
            output.Write(Finding.Warn($"service: {Printable.Text(missing)} does not exist yet, so what lies there cannot be checked; systemd creates it when the service starts"));
    }
}
