namespace NsCollector.Deliver.Influx.Answers;

/// <summary>One line that a server refused for good while it took others.</summary>
/// <param name="Index">Which of the body's lines, from 0.</param>
/// <param name="Reason">Why, in the server's words, printable and bounded.</param>
internal readonly record struct RefusedLine(int Index, string Reason);
