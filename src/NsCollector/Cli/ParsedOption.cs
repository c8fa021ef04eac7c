using System.CommandLine;
using NsCollector.Host.Configuration;
using NsCollector.Host.Configuration.Values;

namespace NsCollector.Cli;

/// <summary>Options whose values are parsed like configuration values.</summary>
internal static class ParsedOption
{
    /// <summary>An option whose value is null if it is not given.</summary>
    /// <param name="name">Its name, with the dashes.</param>
    /// <param name="helpName">The placeholder for its value in the help.</param>
    /// <param name="description">What it does.</param>
    /// <param name="value">How its text is parsed.</param>
    internal static Option<T?> Create<T>(string name, string helpName, string description, ConfigurationValue<T> value)
        where T : struct => new(name)
        {
            Description = description,
            HelpName = helpName,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                string text = result.Tokens[^1].Value;
                if (value.TryParse(text, out T parsed, out string? problem)) return parsed;
                result.AddError($"{name} {Printable.Text(text)}: {problem}");
                return null;
            },
        };
}
