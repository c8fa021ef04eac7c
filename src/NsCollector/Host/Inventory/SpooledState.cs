namespace NsCollector.Host.Inventory;

/// <summary>What a file in the spool is there for.</summary>
internal enum SpooledState
{
    /// <summary>It waits for its server.</summary>
    Waiting,

    /// <summary>It was set aside, as its bytes are not those that were written; it is not sent.</summary>
    Damaged,

    /// <summary>It was set aside, as the server took others and not this one; it is not sent.</summary>
    Refused,
}
