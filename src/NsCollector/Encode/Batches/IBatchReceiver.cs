namespace NsCollector.Encode.Batches;

/// <summary>Takes finished batches.</summary>
internal interface IBatchReceiver
{
    /// <summary>Takes over the caller's hold of a batch. Never blocks.</summary>
    void Publish(Batch batch);
}
