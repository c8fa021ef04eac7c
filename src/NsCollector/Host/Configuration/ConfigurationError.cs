namespace NsCollector.Host.Configuration;

/// <summary>One error in the configuration.</summary>
/// <param name="Origin">File and line, environment variable, or option.</param>
/// <param name="Key">The key as <c>[section] key</c>; null if the error is not about a key.</param>
/// <param name="Value">The value that was given; null if the error is not about a value.</param>
/// <param name="Problem">What is wrong and what is expected.</param>
internal sealed record ConfigurationError(string Origin, string? Key, string? Value, string Problem)
{
    /// <summary>The error on one line, in printable characters only.</summary>
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
