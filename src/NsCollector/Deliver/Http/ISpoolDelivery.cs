using NsCollector.Deliver.Spool;

namespace NsCollector.Deliver.Http;

/// <summary>How the spool files of one kind of sink are sent: the part of a <see cref="SpoolSender"/> that knows the protocol. Used on the sender's thread only.</summary>
internal interface ISpoolDelivery : IDisposable
{
    /// <summary>Sends the unacknowledged points of a spool file.</summary>
    /// <param name="entry">The spool file; its acknowledged bytes and points are updated.</param>
    /// <param name="compressed">Its content, as one gzip stream.</param>
    /// <param name="stop">Cancels a running request.</param>
    /// <param name="isDamaged">Whether this is not the content that its name describes.</param>
    /// <returns>
    /// Null if everything is acknowledged; otherwise the failure. <see cref="AnswerKind.LinesRefused"/>: the server has permanently
    /// refused the rest of the file.
    /// </returns>
    ServerAnswer? Send(SpoolEntry entry, ReadOnlyMemory<byte> compressed, CancellationToken stop, out bool isDamaged);

    /// <summary>Forgets the learned body limit, because the server may have changed.</summary>
    void ForgetBodyLimit();

    /// <summary>Makes the next request read secrets and certificates again.</summary>
    void Reload();

    /// <summary>Tries to remove the cause of a failure, such as a missing database.</summary>
    /// <returns>Whether to try again at once.</returns>
    bool TryRepair(ServerAnswer failure, CancellationToken stop) => false;

    /// <summary>Called after the first success that follows a failure.</summary>
    void OnRecovered()
    {
    }

    /// <summary>What an administrator can do about a failure; null for the advice that fits every protocol.</summary>
    string? Remedy(AnswerKind kind);
}
