using System.CommandLine;
using System.CommandLine.Parsing;
using NsCollector.Host;
using NsCollector.Host.Configuration;

namespace NsCollector.Cli;

/// <summary>The command line: the commands, and the messages for a wrong one. Each command has its own file.</summary>
internal static class CommandLine
{
    /// <summary>Runs the command that the arguments name.</summary>
    /// <returns>The exit status (<see cref="ExitCode"/>).</returns>
    internal static int Run(string[] arguments, AgentParts parts)
    {
        // Without a replacer, @FILE is a plain argument and not a response file.
        ParseResult parsed = Create(parts).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (string problem in Problems(parsed)) Console.Error.WriteLine("nscollector: " + problem);
            Console.Error.WriteLine($"See nscollector {CommandPath(parsed.CommandResult)}--help");
            return ExitCode.Usage;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception exception)
        {
            // An unexpected error; print all that is known about it.
            Console.Error.WriteLine("nscollector: " + exception);
            return ExitCode.Failed;
        }
    }

    /// <summary>Every command and option. The arguments are parsed by this tree, and nscollector(1) and the shell completions are generated from it.</summary>
    internal static RootCommand Create(AgentParts parts)
    {
        RootOptions roots = new();
        RootCommand root = new("Samples the cgroups and network namespaces of all containers on this host.");
        foreach (Option option in root.Options)
        {
            option.Description = option is VersionOption ? VersionCommand.Description : "Show help.";
            if (option is VersionOption version) version.Action = new VersionCommand.Print();
        }

        roots.AddTo(root);
        root.Add(RunCommand.Create(roots, parts));
        root.Add(SampleCommand.Create(roots, parts));
        root.Add(CheckCommand.Create(roots, parts));
        root.Add(SpoolCommand.Create(roots));
        root.Add(VersionCommand.Create());
        return root;
    }

    /// <summary>What is wrong with a command line. Of unknown words only the first: those after it are often its consequence.</summary>
    internal static IEnumerable<string> Problems(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string[] commands = [.. CommandTree.SubcommandsOf(command).Select(one => one.Name)];
        if (parsed.UnmatchedTokens.Count > 0)
        {
            string word = parsed.UnmatchedTokens[0];
            bool isOption = word.StartsWith('-');
            string? nearest = NearestName.Find(word, isOption ? CommandTree.OptionsAt((RootCommand)parsed.RootCommandResult.Command, command).Select(option => option.Name) : commands);
            string kind = isOption ? "unknown option" : commands.Length > 0 ? "unknown command" : "unexpected argument";
            return [$"{Printable.Text(word)}: {kind}{(nearest is null ? "" : $"; did you mean {nearest}?")}"];
        }

        return commands.Length > 0 && parsed.Errors.All(error => error.SymbolResult == parsed.CommandResult)
            ? ["a command is missing; the commands are " + string.Join(", ", commands)]
            : parsed.Errors.Select(error => Printable.Text(error.Message));
    }

    // The names of the commands on the path, each followed by a space.
    private static string CommandPath(CommandResult result) => result.Parent is CommandResult parent ? CommandPath(parent) + result.Command.Name + " " : "";
}
