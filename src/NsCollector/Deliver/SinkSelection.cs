using NsCollector.Encode.Batches;

namespace NsCollector.Deliver;

/// <summary>Passes batches to some of the sinks of an agent: those that want one schema.</summary>
/// <param name="set">All sinks.</param>
/// <param name="sinks">Those that receive the batches.</param>
internal sealed class SinkSelection(SinkSet set, ISink[] sinks) : IBatchReceiver
{
    /// <inheritdoc/>
    public void Publish(Batch batch) => set.Publish(batch, sinks);
}
