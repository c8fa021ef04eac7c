using NsCollector.Sample;

namespace NsCollector.Encode;

/// <summary>Writes samples into batches, in one schema.</summary>
internal interface IEncoder : ISampleConsumer
{
    /// <summary>Points encoded since the start.</summary>
    long Points { get; }

    /// <summary>Bytes encoded since the start.</summary>
    long Bytes { get; }

    /// <summary>Changes the tag <c>host</c> of all points from the next cycle or birth on. Any thread may call it.</summary>
    void SetHost(string host);
}
