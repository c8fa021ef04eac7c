using NsCollector.Deliver.Influx.Answers;

namespace NsCollector.Deliver.Influx.Http;

/// <summary>The requests of <see cref="InfluxSender"/> to a server. No call throws; each ends within the sink's time-out.</summary>
internal interface IInfluxClient : IDisposable
{
    /// <summary>Posts lines.</summary>
    /// <param name="body">What goes over the wire.</param>
    /// <param name="isGzip">Whether it is a gzip stream of the lines, or the lines themselves.</param>
    /// <param name="lines">Gives the lines, where an answer can only be understood beside them.</param>
    /// <param name="stop">Ends the request early: <see cref="AnswerKind.Cancelled"/>.</param>
    InfluxAnswer Write(ReadOnlyMemory<byte> body, bool isGzip, Func<ReadOnlyMemory<byte>> lines, CancellationToken stop);

    /// <summary>Creates the database (1.x).</summary>
    InfluxAnswer CreateDatabase(CancellationToken stop);

    /// <summary>Makes the next request read secrets and certificates again.</summary>
    void Reload();
}
