namespace NsCollector.Discover;

/// <summary>What Sample asks of discovery: the list in force, and the word that it has let go of the older ones.</summary>
public interface IContainerSource
{
    /// <summary>The newest list. Reading it costs a volatile read.</summary>
    ContainerList Current { get; }

    /// <summary>Says that the caller uses nothing of any list older than this generation, so their descriptors may be closed.</summary>
    /// <param name="generation">A <see cref="ContainerList.Generation"/>.</param>
    void Acknowledge(long generation);

    /// <summary>Asks for a walk soon (a container's files said ENODEV, or its init process is gone). Never blocks, may be called often.</summary>
    void RequestWalk();
}
