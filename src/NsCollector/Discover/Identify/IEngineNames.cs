using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Discover.Identify;

/// <summary>
/// What a runtime's daemons have reported of its containers, for state files that cannot be read. Never waits for a daemon.
/// </summary>
internal interface IEngineNames
{
    /// <summary>What is known of a container.</summary>
    /// <param name="id">Its full id.</param>
    /// <param name="identity">
    /// The same object until something changes. It may have labels that are not selected, which the caller leaves out.
    /// <see cref="KnownIdentity.Source"/> is null.
    /// </param>
    /// <returns>False if nothing is known of it (yet).</returns>
    bool TryFind(string id, [NotNullWhen(true)] out KnownIdentity? identity);

    /// <summary>The health of a container; null if no followed daemon reports it.</summary>
    EngineHealth? HealthOf(string id) => null;
}
