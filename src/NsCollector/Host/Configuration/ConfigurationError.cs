namespace NsCollector.Host.Configuration;

/// <summary>One thing that is wrong with the configuration, as the administrator is told it.</summary>
/// <param name="Origin">The file and line, the environment variable or the command line's option it stands in.</param>
/// <param name="Key">The key as <c>[section] key</c>; null where the error is about the whole.</param>
/// <param name="Value">The value that was given; null where the error is not about one.</param>
/// <param name="Problem">What is wrong and what would be right.</param>
internal sealed record ConfigurationError(string Origin, string? Key, string? Value, string Problem)
{
    /// <summary>The error on one line, printable whatever the configuration held.</summary>
    public override string ToString()
    {
        string subject = (Key, Value) switch
        {
            (null, _) => "",
            (_, null) => Printable.Text(Key) + ": ",
            _ => $"{Printable.Text(Key)} = {Printable.Text(Value)}: ",
        };
        return $"{Printable.Text(Origin)}: {subject}{Problem}";
    }
}
