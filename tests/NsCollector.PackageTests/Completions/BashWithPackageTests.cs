namespace NsCollector.PackageTests.Completions;

/// <summary>Bash with the package bash-completion.</summary>
public sealed class BashWithPackageTests() : BashCompletionTests(hasPackage: true);
