using System.CommandLine;
using System.CommandLine.Parsing;
using NsCollector.Host.Service;

namespace NsCollector.Cli;

/// <summary>
/// The command line of the <c>check</c> that runs as the service: the options of the unit's ExecStart=, and those of this command
/// line. Of an option that both have, this command line's value counts; <c>--set</c> of both counts.
/// </summary>
internal static class ServiceCommandLine
{
    /// <summary>The words after the program.</summary>
    /// <param name="parsed">This command line.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="problem">What is wrong and what to do; empty if nothing is.</param>
    internal static List<string>? Merge(ParseResult parsed, UnitFile unit, out string problem)
    {
        problem = "";
        List<OptionResult> own = Given(parsed), service = [];
        List<string> start = UnitWords.Split(unit.Last("ExecStart") ?? "");
        if (start.Contains("run"))
        {
            ParseResult ofService = parsed.RootCommandResult.Command.Parse([.. AfterProgram(start)], parsed.Configuration);
            if (ofService.Errors.Count > 0)
            {
                problem = $"its command line is wrong (ExecStart=): {CommandLine.Problems(ofService).First()}; correct the unit";
                return null;
            }

            service = Given(ofService);
        }

        List<string> words = ["check"];
        foreach (OptionResult option in service)
        {
            if (IsSet(option) || !own.Exists(given => given.Option.Name == option.Option.Name)) words.AddRange(Words(option, value => value));
        }

        // The service runs in another directory.
        foreach (OptionResult option in own) words.AddRange(Words(option, value => IsSet(option) || value.Length == 0 ? value : Path.GetFullPath(value)));
        if (parsed.GetValue<bool>(CheckCommand.JsonName)) words.Add(CheckCommand.JsonName);
        return words;
    }

    // The options of a command line, except those of --as-service itself, and flags, which have no value.
    private static List<OptionResult> Given(ParseResult parsed) =>
    [
        .. CommandTree.OptionsAt((RootCommand)parsed.RootCommandResult.Command, parsed.CommandResult.Command)
            .Where(option => option.Name is not (CheckCommand.AsServiceName or CheckCommand.UnitName or CheckCommand.JsonName))
            .Select(option => parsed.GetResult(option)).OfType<OptionResult>().Where(result => !result.Implicit),
    ];

    // Another program may start this one: dotnet, nice. With the prefix @, the word after the program is the name of the process.
    private static IEnumerable<string> AfterProgram(List<string> start)
    {
        int program = start.FindIndex(word => Path.GetFileName(word) is "nscollector" or "nscollector.dll");
        return start.Skip(Math.Max(program, 0) + 1).SkipWhile(word => word != "run" && !word.StartsWith('-'));
    }

    private static IEnumerable<string> Words(OptionResult option, Func<string, string> value) =>
        option.Tokens.Select(token => $"{option.Option.Name}={value(token.Value)}");

    private static bool IsSet(OptionResult option) => option.Option.Name == ConfigurationOptions.SetName;
}
