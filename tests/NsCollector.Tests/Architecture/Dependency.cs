namespace NsCollector.Tests.Architecture;

/// <summary>One type that uses another type, or the namespace of one.</summary>
/// <param name="From">The namespace of the user, such as <c>NsCollector.Deliver.File</c>.</param>
/// <param name="To">The namespace of the used type.</param>
/// <param name="User">The using type, or the source file if only the source shows it.</param>
/// <param name="Used">The used type.</param>
internal sealed record Dependency(string From, string To, string User, string Used);
