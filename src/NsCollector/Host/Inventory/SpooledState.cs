namespace NsCollector.Host.Inventory;

/// <summary>The state of a spool file.</summary>
internal enum SpooledState
{
    /// <summary>It waits to be sent.</summary>
    Waiting,

    /// <summary>Its checksum is wrong. It was renamed and is not sent.</summary>
    Damaged,

    /// <summary>The server refused it but accepted others. It was renamed and is not sent.</summary>
    Refused,
}
