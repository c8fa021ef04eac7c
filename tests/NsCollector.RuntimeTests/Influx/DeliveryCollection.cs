namespace NsCollector.RuntimeTests.Influx;

/// <summary>The delivery tests that do not stop the server share one, each with its own database. All share the containers.
/// They run alone, because they expect that what an agent writes in a cycle is delivered before the next one.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DeliveryCollection : ICollectionFixture<InfluxServer>, ICollectionFixture<Workload>
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "delivery";
}
