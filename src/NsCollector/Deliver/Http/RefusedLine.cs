namespace NsCollector.Deliver.Http;

/// <summary>A line that a server permanently refused while it stored others.</summary>
/// <param name="Index">The index of the line in the body, from 0.</param>
/// <param name="Reason">The server's reason, printable and bounded.</param>
internal readonly record struct RefusedLine(int Index, string Reason);
