namespace NsCollector.Deliver;

/// <summary>The result of one attempt of a sink to deliver a batch.</summary>
internal enum DeliveryResult
{
    /// <summary>The whole batch was delivered.</summary>
    Done,

    /// <summary>A part was not delivered; it is tried again after the retry interval.</summary>
    Failed,

    /// <summary>The target is gone for good (the reader of a pipe has closed it).</summary>
    Closed,
}
