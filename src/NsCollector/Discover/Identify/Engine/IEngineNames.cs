using System.Diagnostics.CodeAnalysis;

namespace NsCollector.Discover.Identify.Engine;

/// <summary>What container daemons have told of their containers. From any thread; never waits for a daemon.</summary>
internal interface IEngineNames
{
    /// <summary>What is known of a container.</summary>
    /// <param name="id">Its whole id.</param>
    /// <param name="container">Its name, image and labels as last told; null where nothing was.</param>
    bool TryFind(string id, [NotNullWhen(true)] out EngineContainer? container);
}
