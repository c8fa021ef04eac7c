using System.CommandLine;
using System.CommandLine.Parsing;
using NsCollector.Host;
using NsCollector.Host.Configuration;

namespace NsCollector.Cli;

/// <summary>The command line: which verbs there are, and what is told where it is wrong. Each verb has a file of its own.</summary>
internal static class CommandLine
{
    /// <summary>Runs what the arguments ask for.</summary>
    /// <returns>The exit status (<see cref="ExitCode"/>).</returns>
    internal static int Run(string[] arguments, AgentParts parts)
    {
        // Without a replacer an argument that begins with @ is that argument, not the name of a file with more of them.
        ParseResult parsed = Create(parts).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (string problem in Problems(parsed)) Console.Error.WriteLine("nscollector: " + problem);
            Console.Error.WriteLine($"See nscollector {Verbs(parsed.CommandResult)}--help");
            return ExitCode.Usage;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception exception)
        {
            // Nothing is known about what failed, so the whole of it is worth telling.
            Console.Error.WriteLine("nscollector: " + exception);
            return ExitCode.Failed;
        }
    }

    /// <summary>Every command and option there is. From this tree the arguments are read, and nscollector(1) and the shells' completions are generated.</summary>
    internal static RootCommand Create(AgentParts parts)
    {
        RootOptions roots = new();
        RootCommand root = new("Samples the cgroups and network namespaces of every container on this host.");
        foreach (Option option in root.Options)
        {
            option.Description = option is VersionOption ? VersionCommand.Description : "Show what can be given.";
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

    // Of words that nobody knows the first is told: those behind it are often its consequence.
    private static IEnumerable<string> Problems(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string[] commands = [.. CommandTree.Within(command).Select(one => one.Name)];
        if (parsed.UnmatchedTokens.Count > 0)
        {
            string word = parsed.UnmatchedTokens[0];
            bool isOption = word.StartsWith('-');
            string? nearest = NearestName.Find(word, isOption ? CommandTree.OptionsAt((RootCommand)parsed.RootCommandResult.Command, command).Select(option => option.Name) : commands);
            string kind = isOption ? "no such option" : commands.Length > 0 ? "no such command" : "this argument is one too many";
            return [$"{Printable.Text(word)}: {kind}{(nearest is null ? "" : $"; did you mean {nearest}?")}"];
        }

        return commands.Length > 0 && parsed.Errors.All(error => error.SymbolResult == parsed.CommandResult)
            ? ["a command is missing: one of " + string.Join(", ", commands)]
            : parsed.Errors.Select(error => Printable.Text(error.Message));
    }

    // The verb, and the one within it, each with a blank behind it; the root has none.
    private static string Verbs(CommandResult result) => result.Parent is CommandResult parent ? Verbs(parent) + result.Command.Name + " " : "";
}
