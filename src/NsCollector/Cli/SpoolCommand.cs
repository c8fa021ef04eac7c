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
/// <c>nscollector spool</c>: lists, shows and deletes spool files. It works while an agent runs, which counts a file deleted here
/// as dropped.
/// </summary>
internal static class SpoolCommand
{
    internal static Command Create(RootOptions roots)
    {
        Command command = new("spool", "List, show or drop the lines that wait on disk for InfluxDB servers.");
        command.Add(List(roots));
        command.Add(Show(roots));
        command.Add(Drop(roots));
        return command;
    }

    private static Command List(RootOptions roots)
    {
        Option<string?> sink = SinkOption("Only files of this sink.");
        Option<bool> verify = new("--verify") { Description = "Read every file and mark those with a wrong checksum as damaged." };
        Command command = new("list", "List the files, oldest first.") { sink, verify };
        ConfigurationOptions configuration = new(roots);
        configuration.AddTo(command);
        command.SetAction(parsed => With(configuration.Load(parsed), spool =>
        {
            List<SpooledFile> files = Of(parsed.GetValue(sink), SpoolInventory.Find(spool));
            HashSet<SpooledFile> damaged = parsed.GetValue(verify) ? [.. files.Where(SpoolReader.IsDamaged)] : [];
            if (files.Count == 0 && ListProblem(spool) is { } problem) return Failed($"{Printable.Text(spool)}: {problem}");
            Console.Write(files.Count == 0 ? "the spool is empty\n" : SpoolTable.Text(files, damaged, DateTimeOffset.UtcNow));
            return ExitCode.Success;
        }));
        return command;
    }

    private static Command Show(RootOptions roots)
    {
        Argument<string> file = new("FILE") { Description = "The name of a spool file, SINK/NAME if several sinks have one with that name, or a path." };
        Command command = new("show", "Print the lines of a file. Of a damaged file, print the lines up to the damage and exit with status 1.") { file };
        ConfigurationOptions configuration = new(roots);
        configuration.AddTo(command);
        command.SetAction(parsed => With(configuration.Load(parsed), spool =>
        {
            string name = parsed.GetValue(file)!;
            SpooledFile[] found = [.. Named(name, SpoolInventory.Find(spool))];
            if (found.Length > 1) return Failed($"{Printable.Text(name)}: several sinks have a file with this name: {string.Join(", ", found.Select(one => Printable.Text($"{one.Sink}/{one.FileName}")))}");

            // The file may be a copy outside the spool.
            string path = found.Length == 1 ? found[0].Path : name;
            if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) return Failed("the file name is missing");
            using Stream output = Console.OpenStandardOutput();
            try
            {
                string problem = SpoolReader.CopyLines(path, output);
                return problem.Length == 0 ? ExitCode.Success : Failed($"{Printable.Text(path)}: {problem}");
            }
            catch (IOException)
            {
                return Failed("cannot write to standard output");
            }
        }));
        return command;
    }

    private static Command Drop(RootOptions roots)
    {
        Argument<string[]> names = new("FILE") { Description = "Files, named as for show.", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> sink = SinkOption("Files of this sink.");
        Option<TimeSpan?> olderThan = ParsedOption.Create("--older-than", "DURATION", "Files collected longer ago than this.",
            new DurationValue(TimeSpan.FromSeconds(1), TimeSpan.FromDays(3650)));
        Option<bool> all = new("--all") { Description = "All files of all sinks." };
        Command command = new("drop", "Delete files without sending them. With several options, delete the files that match all of them.") { names, sink, olderThan, all };
        command.Validators.Add(result =>
        {
            bool hasNames = result.GetValue(names) is { Length: > 0 };
            bool hasAge = result.GetResult(olderThan) is { Implicit: false };
            bool hasSink = result.GetResult(sink) is { Implicit: false };
            if (hasNames && (hasAge || result.GetValue(all))) result.AddError("give either FILEs, or --older-than or --all, not both");
            else if (result.GetValue(all) && (hasAge || hasSink)) result.AddError("--all selects all files; omit --sink and --older-than, or omit --all");
            else if (!hasNames && !hasAge && !hasSink && !result.GetValue(all)) result.AddError("no files selected; give FILEs, --sink, --older-than or --all");
        });
        ConfigurationOptions configuration = new(roots);
        configuration.AddTo(command);
        command.SetAction(parsed => With(configuration.Load(parsed), spool =>
        {
            List<SpooledFile> files = Of(parsed.GetValue(sink), SpoolInventory.Find(spool));
            int status = ExitCode.Success;
            if (parsed.GetValue(names) is { Length: > 0 } given)
            {
                List<SpooledFile> chosen = [];
                foreach (string name in given)
                {
                    SpooledFile[] found = [.. Named(name, files)];
                    if (found.Length == 1) chosen.Add(found[0]);
                    else status = Failed(Printable.Text(name) + (found.Length == 0 ? ": no such file in the spool" : ": several sinks have a file with this name; write SINK/NAME"));
                }

                files = [.. chosen.Distinct()];
            }

            if (parsed.GetValue(olderThan) is { } age) files = [.. files.Where(file => DateTimeOffset.UtcNow - file.ModifiedUtc > age)];
            return Delete(files) == ExitCode.Success ? status : ExitCode.Failed;
        }));
        return command;
    }

    private static int Delete(List<SpooledFile> files)
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
                status = Failed($"cannot delete {Printable.Text(file.Path)}: {Marshal.GetPInvokeErrorMessage(-error)}");
            }
        }

        // ENOENT: the running agent has sent or dropped the file meanwhile.
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
    private static IEnumerable<SpooledFile> Named(string name, IEnumerable<SpooledFile> files)
    {
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal)) return [];
        string path = Path.GetFullPath(name);
        return files.Where(file => file.Path == path || file.FileName == name || $"{file.Sink}/{file.FileName}" == name);
    }

    // A missing directory is an empty spool. One that cannot be listed is an error.
    private static string? ListProblem(string spool)
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
