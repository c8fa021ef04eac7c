namespace NsCollector.RuntimeTests.Influx;

/// <summary>The delivery tests that leave the server alone share one, each with a database of its own, and all share the containers.</summary>
[CollectionDefinition(Name)]
public sealed class DeliveryCollection : ICollectionFixture<InfluxServer>, ICollectionFixture<Workload>
{
    /// <summary>The name of the collection.</summary>
    public const string Name = "delivery";
}
