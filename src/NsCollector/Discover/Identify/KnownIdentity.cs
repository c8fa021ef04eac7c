namespace NsCollector.Discover.Identify;

/// <summary>What a runtime's state file says of a container. The strings are hostile: nothing here is escaped.</summary>
/// <param name="Name">The name its user gave it; null where no file says.</param>
/// <param name="Image">The image's name; null where no file says.</param>
/// <param name="Source">
/// The version of the file that said so, or that could not be understood; null where there is no file, which is looked
/// for again each time.
/// </param>
internal sealed record KnownIdentity(string? Name, string? Image, StateFileStamp? Source)
{
    /// <summary>No file says anything yet.</summary>
    internal static readonly KnownIdentity Nothing = new(null, null, null);
}
