using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using NsCollector.Host;
using NsCollector.Host.Configuration;
using NsCollector.Host.Configuration.Values;
using NsCollector.Host.Inventory;
using NsCollector.Linux.Interop;

namespace NsCollector.Cli;

/// <summary>
/// <c>nscollector spool</c>: what waits for the servers, for the operator. All of it works beside an agent that runs: a file
/// that is dropped under it is counted there as dropped.
/// </summary>
internal static class SpoolCommand
{
    internal static Command Create(RootOptions roots)
    {
        Command command = new("spool", "List, show or drop what waits on disk for the InfluxDB servers.");
        command.Add(List(roots));
        command.Add(Show(roots));
        command.Add(Drop(roots));
        return command;
    }

    private static Command List(RootOptions roots)
    {
        Option<string?> sink = SinkOption("Only the files of this sink.");
        Option<bool> verify = new("--verify") { Description = "Read every file, and mark as damaged those whose bytes are not those that were written." };
        Command command = new("list", "List the files, oldest first.") { sink, verify };
        ConfigurationOptions configuration = new(roots);
        configuration.AddTo(command);
        command.SetAction(parsed => With(configuration.Load(parsed), spool =>
        {
            List<SpooledFile> files = Of(parsed.GetValue(sink), SpoolInventory.Find(spool));
            HashSet<SpooledFile> damaged = parsed.GetValue(verify) ? [.. files.Where(SpoolReader.IsDamaged)] : [];
            if (files.Count == 0 && Unreadable(spool) is { } problem) return Failed($"{Printable.Text(spool)}: {problem}");
            Console.Write(files.Count == 0 ? "nothing waits\n" : SpoolTable.Text(files, damaged, DateTimeOffset.UtcNow));
            return ExitCode.Success;
        }));
        return command;
    }

    private static Command Show(RootOptions roots)
    {
        Argument<string> file = new("FILE") { Description = "The name of a file in the spool, SINK/NAME where two sinks have the same, or a path." };
        Command command = new("show", "Print the lines of a file. Of a damaged one all up to there; the exit status is 1 then.") { file };
        ConfigurationOptions configuration = new(roots);
        configuration.AddTo(command);
        command.SetAction(parsed => With(configuration.Load(parsed), spool =>
        {
            string wanted = parsed.GetValue(file)!;
            SpooledFile[] found = [.. Named(wanted, SpoolInventory.Find(spool))];
            if (found.Length > 1) return Failed($"{Printable.Text(wanted)}: more than one sink has a file of this name: {string.Join(", ", found.Select(one => Printable.Text($"{one.Sink}/{one.FileName}")))}");

            // What was copied elsewhere can be shown as well.
            string path = found.Length == 1 ? found[0].Path : wanted;
            if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) return Failed("the name of a file is missing");
            using Stream output = Console.OpenStandardOutput();
            try
            {
                string problem = SpoolReader.CopyLines(path, output);
                return problem.Length == 0 ? ExitCode.Success : Failed($"{Printable.Text(path)}: {problem}");
            }
            catch (IOException)
            {
                return Failed("standard output cannot be written");
            }
        }));
        return command;
    }

    private static Command Drop(RootOptions roots)
    {
        Argument<string[]> names = new("FILE") { Description = "Files, as for show.", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> sink = SinkOption("The files of this sink.");
        Option<TimeSpan?> olderThan = ParsedOption.Create("--older-than", "DURATION", "Files that were collected longer ago than this.",
            new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650)));
        Option<bool> all = new("--all") { Description = "All files of all sinks." };
        Command command = new("drop", "Remove files for good, without sending them. With more than one option, those to which all of them apply.") { names, sink, olderThan, all };
        command.Validators.Add(result =>
        {
            bool hasNames = result.GetValue(names) is { Length: > 0 };
            bool hasAge = result.GetResult(olderThan) is { Implicit: false };
            bool hasSink = result.GetResult(sink) is { Implicit: false };
            if (hasNames && (hasAge || result.GetValue(all))) result.AddError("either FILEs or --older-than and --all, not both");
            else if (result.GetValue(all) && (hasAge || hasSink)) result.AddError("--all is all: leave --sink and --older-than away, or leave --all away");
            else if (!hasNames && !hasAge && !hasSink && !result.GetValue(all)) result.AddError("nothing is named: wanted are FILEs, --sink, --older-than or --all");
        });
        ConfigurationOptions configuration = new(roots);
        configuration.AddTo(command);
        command.SetAction(parsed => With(configuration.Load(parsed), spool =>
        {
            List<SpooledFile> files = Of(parsed.GetValue(sink), SpoolInventory.Find(spool));
            int status = ExitCode.Success;
            if (parsed.GetValue(names) is { Length: > 0 } wanted)
            {
                List<SpooledFile> chosen = [];
                foreach (string name in wanted)
                {
                    SpooledFile[] found = [.. Named(name, files)];
                    if (found.Length == 1) chosen.Add(found[0]);
                    else status = Failed(Printable.Text(name) + (found.Length == 0 ? ": there is no such file in the spool" : ": more than one sink has a file of this name; put SINK/ in front of it"));
                }

                files = [.. chosen.Distinct()];
            }

            if (parsed.GetValue(olderThan) is { } age) files = [.. files.Where(file => DateTimeOffset.UtcNow - file.ModifiedUtc > age)];
            return Remove(files) == ExitCode.Success ? status : ExitCode.Failed;
        }));
        return command;
    }

    private static int Remove(List<SpooledFile> files)
    {
        int status = ExitCode.Success, removed = 0;
        long points = 0;
        foreach (SpooledFile file in files)
        {
            int error = Libc.Unlinkat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(file.Path + "\0"));
            if (error == 0)
            {
                removed++;
                points += file.Name.Points;
            }
            else if (error != -Errno.ENOENT)
            {
                status = Failed($"{Printable.Text(file.Path)}: it cannot be removed: {Marshal.GetPInvokeErrorMessage(-error)}");
            }
        }

        // One that is gone by now was sent by the agent meanwhile, or dropped by it.
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"dropped {removed} {(removed == 1 ? "file" : "files")} with {points} points"));
        return status;
    }

    private static int With(ConfigurationResult configuration, Func<string, int> action)
    {
        if (configuration.Options is { } options) return action(Path.GetFullPath(options.Spool.Path));
        ConfigurationOptions.Report(configuration.Errors);
        return ExitCode.Configuration;
    }

    private static List<SpooledFile> Of(string? sink, List<SpooledFile> files) =>
        sink is null ? files : [.. files.Where(file => file.Sink.Equals(sink, StringComparison.OrdinalIgnoreCase))];

    // A path, SINK/NAME, or a bare name.
    private static IEnumerable<SpooledFile> Named(string wanted, IEnumerable<SpooledFile> files)
    {
        if (wanted.Length == 0 || wanted.Contains('\0', StringComparison.Ordinal)) return [];
        string path = Path.GetFullPath(wanted);
        return files.Where(file => file.Path == path || file.FileName == wanted || $"{file.Sink}/{file.FileName}" == wanted);
    }

    // Missing is as good as empty; but what cannot be listed must not look empty.
    private static string? Unreadable(string spool)
    {
        foreach (string directory in (string[])[spool, .. Directories(spool)])
        {
            int descriptor = Libc.Openat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(directory + "\0"), Libc.O_DIRECTORY);
            if (descriptor >= 0) Libc.Close(descriptor);
            else if (descriptor != -Errno.ENOENT) return Marshal.GetPInvokeErrorMessage(-descriptor);
        }

        return null;
    }

    private static string[] Directories(string spool)
    {
        try
        {
            return Directory.GetDirectories(spool);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static int Failed(string problem)
    {
        Console.Error.WriteLine("nscollector: " + problem);
        return ExitCode.Failed;
    }

    private static Option<string?> SinkOption(string description) => new("--sink") { Description = description, HelpName = "NAME" };
}
