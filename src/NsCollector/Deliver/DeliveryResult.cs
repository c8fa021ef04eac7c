namespace NsCollector.Deliver;

/// <summary>How one try of a sink to deliver a batch ended.</summary>
internal enum DeliveryResult
{
    /// <summary>All of it is there.</summary>
    Done,

    /// <summary>Not all of it is; the rest is tried again after the retry interval.</summary>
    Failed,

    /// <summary>Nothing can be delivered there any more (the reader of a pipe is gone).</summary>
    Closed,
}
