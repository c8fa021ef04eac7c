using System.CommandLine;
using NsCollector.Host.Configuration;
using NsCollector.Linux;

namespace NsCollector.Cli;

/// <summary>Where the host's file systems are. In a container that samples its host they are mounted elsewhere.</summary>
internal sealed class RootOptions
{
    private readonly Option<string?> _proc = Make("--proc", "The host's procfs (default /proc).");
    private readonly Option<string?> _cgroup = Make("--cgroup", "The directory above the host's cgroup hierarchies (default: from mountinfo).");
    private readonly Option<string?> _run = Make("--run", "The host's /run, where runtimes keep their state (default /run).");
    private readonly Option<string?> _sys = Make("--sys", "The host's sysfs (default /sys).");

    internal void AddTo(RootCommand root)
    {
        root.Add(_proc);
        root.Add(_cgroup);
        root.Add(_run);
        root.Add(_sys);
    }

    internal HostRoots Get(ParseResult parsed)
    {
        HostRoots defaults = new();
        return new HostRoots(
            TrimSlashes(parsed.GetValue(_proc)) ?? defaults.Proc,
            TrimSlashes(parsed.GetValue(_cgroup)),
            TrimSlashes(parsed.GetValue(_run)) ?? defaults.Run,
            TrimSlashes(parsed.GetValue(_sys)) ?? defaults.Sys);
    }

    private static string? TrimSlashes(string? path) => path is { Length: > 1 } ? path.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/" : path;

    private static Option<string?> Make(string name, string description)
    {
        Option<string?> option = new(name) { Description = description, HelpName = "DIR", Recursive = true };
        option.Validators.Add(result =>
        {
            string? path = result.Tokens.Count > 0 ? result.Tokens[^1].Value : null;
            if (path is not null && !Directory.Exists(path)) result.AddError($"{name} {Printable.Text(path)}: no such directory");
        });
        return option;
    }
}
