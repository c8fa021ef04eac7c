namespace NsCollector.Encode.Batches;

/// <summary>Receives finished batches.</summary>
internal interface IBatchReceiver
{
    /// <summary>Takes ownership of the caller's reference. Never blocks.</summary>
    void Publish(Batch batch);
}
