namespace NsCollector.TestSupport.Requirements;

/// <summary><see cref="RequiresFactAttribute"/> for a test with several data sets.</summary>
public sealed class RequiresTheoryAttribute : TheoryAttribute
{
    public RequiresTheoryAttribute(params string[] programs) => Skip = new RequiresFactAttribute(programs).Skip;
}
