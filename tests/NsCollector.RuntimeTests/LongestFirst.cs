using NsCollector.RuntimeTests.Cri;
using NsCollector.RuntimeTests.Docker;
using NsCollector.RuntimeTests.Influx;
using NsCollector.RuntimeTests.Podman;
using Xunit.Abstractions;

namespace NsCollector.RuntimeTests;

/// <summary>Starts the longest collections first, so that none of them runs alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest = [DockerCollection.Name, SecondDockerCollection.Name, DeliveryCollection.Name, PodmanCollection.Name, CriCollection.Name];

    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections.OrderBy(collection =>
        Array.IndexOf(Longest, collection.DisplayName) is >= 0 and var place ? place : Longest.Length);
}
