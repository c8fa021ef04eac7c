using NsCollector.Encode.Batches;

namespace NsCollector.Tests.Fixtures;

/// <summary>Keeps what an encoder hands over, batch by batch.</summary>
internal sealed class CollectedBatches : IBatchReceiver
{
    internal List<byte[]> Batches { get; } = [];

    internal byte[] All => [.. Batches.SelectMany(batch => batch)];

    internal int Points { get; private set; }

    public void Publish(Batch batch)
    {
        Batches.Add(batch.Bytes.ToArray());
        Points += batch.Points;
        batch.Release();
    }
}
