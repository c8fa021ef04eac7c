using System.CommandLine;
using System.CommandLine.Help;

namespace NsCollector.DocGen.Completions;

/// <summary>The value of an option or argument, derived from its placeholder in the help.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="HelpName">Its placeholder in the help.</param>
internal sealed record CompletionValue(ValueKind Kind, string HelpName)
{
    /// <summary>The permitted words.</summary>
    internal string[] Words => Kind == ValueKind.Word ? HelpName.Split('|') : [];

    internal static CompletionValue Of(Option option) => option switch
    {
        { HelpName: { } name } => Of(name),
        Option<bool> or HelpOption or VersionOption => new(ValueKind.None, ""),
        _ => throw new InvalidOperationException($"{option.Name} has no HelpName, so nobody knows what it takes."),
    };

    internal static CompletionValue Of(Argument argument) => Of(argument.Name);

    private static CompletionValue Of(string helpName) => new(
        helpName switch
        {
            "FILE" or "UNIT" => ValueKind.File,
            "DIR" => ValueKind.Directory,
            "section:key=value" => ValueKind.Setting,
            "N" or "DURATION" or "NAME" => ValueKind.Free,
            _ when helpName.Contains('|', StringComparison.Ordinal) => ValueKind.Word,
            _ => throw new InvalidOperationException($"What shells should offer for {helpName} is not said here."),
        },
        helpName);
}
