namespace NsCollector.GuestTests;

/// <summary>One guest for all tests, one after the other. Each test restores the state in which it found the guest.</summary>
[CollectionDefinition(Name)]
public sealed class GuestCollection : ICollectionFixture<Guest>
{
    public const string Name = "guest";
}
