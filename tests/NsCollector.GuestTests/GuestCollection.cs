namespace NsCollector.GuestTests;

/// <summary>One guest for all tests, one after the other; each leaves it as it found it.</summary>
[CollectionDefinition(Name)]
public sealed class GuestCollection : ICollectionFixture<Guest>
{
    public const string Name = "guest";
}
