namespace NsCollector.TestSupport.Requirements;

/// <summary>The same as <see cref="RequiresFactAttribute"/> for a test with several sets of data.</summary>
public sealed class RequiresTheoryAttribute : TheoryAttribute
{
    public RequiresTheoryAttribute(params string[] programs) => Skip = new RequiresFactAttribute(programs).Skip;
}
