namespace NsCollector.PackageTests.Completions;

/// <summary>Bash without the package bash-completion.</summary>
public sealed class BashAloneTests() : BashCompletionTests(hasPackage: false);
