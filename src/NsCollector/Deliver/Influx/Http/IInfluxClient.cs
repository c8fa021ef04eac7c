using NsCollector.Deliver.Http;

namespace NsCollector.Deliver.Influx.Http;

/// <summary>The requests of <see cref="SpoolFileDelivery"/> to a server. No call throws; each ends within the sink's time-out.</summary>
internal interface IInfluxClient : IDisposable
{
    /// <summary>Posts lines.</summary>
    /// <param name="body">What goes over the wire.</param>
    /// <param name="isGzip">Whether it is a gzip stream of the lines, or the lines themselves.</param>
    /// <param name="lines">Gives the lines, for an answer that can only be understood together with them.</param>
    /// <param name="stop">Ends the request early: <see cref="AnswerKind.Cancelled"/>.</param>
    ServerAnswer Write(ReadOnlyMemory<byte> body, bool isGzip, Func<ReadOnlyMemory<byte>> lines, CancellationToken stop);

    /// <summary>Creates the database (1.x).</summary>
    ServerAnswer CreateDatabase(CancellationToken stop);

    /// <summary>Makes the next request read secrets and certificates again.</summary>
    void Reload();
}
