using System.IO.Compression;
using System.Text;
using NsCollector.Deliver.Http;
using NsCollector.Deliver.Influx;
using NsCollector.Deliver.Influx.Http;

namespace NsCollector.Tests.Deliver.Influx;

/// <summary>
/// A server as the documents and facts describe it, in memory: which lines it stores, which it refuses and how it says so.
/// It remembers what it has acknowledged and takes note when any of that is sent again.
/// </summary>
internal sealed class ModelServer(InfluxVersion version) : IInfluxClient
{
    private readonly HashSet<string> _settled = [];
    private readonly Queue<AnswerKind> _script = new();

    /// <summary>Which lines it cannot store.</summary>
    public Func<string, bool> IsBad { get; init; } = _ => false;

    /// <summary>What is too large for it, in bytes on the wire.</summary>
    public int MaxBodyBytes { get; init; } = int.MaxValue;

    /// <summary>Whether a 400 of it says that a line is to blame.</summary>
    public bool NamesLines { get; init; } = true;

    /// <summary>Chance of failing anything, before or after it was stored.</summary>
    public Random? Fails { get; init; }

    /// <summary>What it answers to a request, by its number from 1, in place of looking at the lines; null: it looks.</summary>
    public Func<int, ServerAnswer?> Instead { get; init; } = _ => null;

    public HashSet<string> Stored { get; } = [];

    public int Requests { get; private set; }

    public int Resent { get; private set; }

    public bool IsDatabaseMissing { get; set; }

    public bool CreatesDatabases { get; init; } = true;

    public int Creations { get; private set; }

    /// <summary>The next answers, before it does anything.</summary>
    public void Script(params AnswerKind[] kinds)
    {
        lock (_script) foreach (AnswerKind kind in kinds) _script.Enqueue(kind);
    }

    public ServerAnswer Write(ReadOnlyMemory<byte> body, bool isGzip, Func<ReadOnlyMemory<byte>> lines, CancellationToken stop)
    {
        Requests++;
        if (stop.IsCancellationRequested) return new ServerAnswer { Kind = AnswerKind.Cancelled };
        lock (_script)
        {
            if (_script.TryDequeue(out AnswerKind scripted)) return new ServerAnswer { Kind = scripted, Reason = "scripted" };
        }

        if (Instead(Requests) is { } answer) return answer;
        if (body.Length > MaxBodyBytes) return new ServerAnswer { Kind = AnswerKind.TooLarge, Status = 413, Reason = "too large" };
        if (IsDatabaseMissing) return new ServerAnswer { Kind = AnswerKind.NotFound, Status = 404, Reason = "database not found" };
        if (Fails?.Next(4) == 0) return new ServerAnswer { Kind = AnswerKind.Unreachable, Reason = "reset" };
        string[] sent = Lines(body, isGzip);
        Resent += sent.Count(_settled.Contains);
        string[] bad = [.. sent.Where(IsBad)];
        if (bad.Length > 0 && version == InfluxVersion.V2)
            return new ServerAnswer { Kind = NamesLines ? AnswerKind.LinesRefused : AnswerKind.RequestRefused, Status = 400, Reason = "bad" };
        Stored.UnionWith(sent.Except(bad));
        // Stored, and the answer lost: what comes again then is right.
        if (Fails?.Next(4) == 0) return new ServerAnswer { Kind = AnswerKind.TimedOut, Reason = "late" };
        _settled.UnionWith(sent);
        if (bad.Length == 0) return new ServerAnswer { Kind = AnswerKind.Taken, Status = 204 };
        return new ServerAnswer
        {
            Kind = AnswerKind.TakenInPart, Status = 400, Reason = "partial write", RefusedPoints = bad.Length,
            RefusedLines = [.. sent.Index().Where(line => IsBad(line.Item)).Select(line => new RefusedLine(line.Index, "bad"))],
        };
    }

    public ServerAnswer CreateDatabase(CancellationToken stop)
    {
        Creations++;
        if (CreatesDatabases) IsDatabaseMissing = false;
        return new ServerAnswer { Kind = AnswerKind.Taken, Status = 200 };
    }

    public void Reload()
    {
    }

    public void Dispose()
    {
    }

    private static string[] Lines(ReadOnlyMemory<byte> body, bool isGzip)
    {
        byte[] bytes = body.ToArray();
        if (isGzip)
        {
            using GZipStream stream = new(new MemoryStream(bytes), CompressionMode.Decompress);
            using MemoryStream plain = new();
            stream.CopyTo(plain);
            bytes = plain.ToArray();
        }

        string text = Encoding.UTF8.GetString(bytes);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return text.Split('\n')[..^1];
    }
}
