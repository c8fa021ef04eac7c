namespace NsCollector.GuestTests;

/// <summary>A <see cref="GuestFactAttribute"/> with data.</summary>
internal sealed class GuestTheoryAttribute : TheoryAttribute
{
    public GuestTheoryAttribute() => Skip = new GuestFactAttribute().Skip;
}
