using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Discover.Identify;

/// <summary>
/// What the engine's own interface says of its containers, for where its files cannot be read. Asked by the thread that
/// resolves names, which must not wait: the answer is one that is at hand already.
/// </summary>
internal interface IEngineNames
{
    /// <summary>What is known of a container.</summary>
    /// <param name="id">Its whole id.</param>
    /// <param name="identity">
    /// All its labels may be in it; those that are not selected are left out by whoever asked. While nothing of it has
    /// changed it is the same object each time, and <see cref="KnownIdentity.Source"/> is null.
    /// </param>
    /// <returns>False where nothing is known of it, or not yet.</returns>
    bool TryFind(string id, [NotNullWhen(true)] out KnownIdentity? identity);
}
