using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>
/// Stands between an agent and a real server and does to the writes what networks, proxies and servers in trouble do. It
/// keeps what the agent was told to be stored, so that it can tell what was sent again without need.
/// </summary>
internal sealed class FaultyFront : RawHttpServer
{
    private readonly int _port;
    private readonly object _gate = new();

    // All guarded by _gate.
    private readonly Queue<Fault> _script = new();
    private readonly HashSet<string> _acknowledged = [], _surelyTold = [];
    private readonly List<string> _sentAgain = [];
    private readonly Dictionary<string, int> _sent = [];
    private Fault _fault = Fault.None;
    private int _faults, _writes;

    /// <summary>In front of the server at a port of loopback.</summary>
    internal FaultyFront(int port)
    {
        _port = port;
        Serve();
    }

    /// <summary>Half of the time that the agent waits for an answer: to one that came sooner it listened.</summary>
    internal TimeSpan SurelyWaited { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How many writes came.</summary>
    internal int Writes
    {
        get
        {
            lock (_gate)
                return _writes;
        }
    }

    /// <summary>How many writes met a fault.</summary>
    internal int Faults
    {
        get
        {
            lock (_gate)
                return _faults;
        }
    }

    /// <summary>Lines that were sent again after the agent had been told that they are stored.</summary>
    internal List<string> SentAgain
    {
        get
        {
            lock (_gate)
                return [.. _sentAgain];
        }
    }

    /// <summary>How many lines the agent was told to be stored.</summary>
    internal int Acknowledged
    {
        get
        {
            lock (_gate)
                return _acknowledged.Count;
        }
    }

    /// <summary>Whether the agent was told that a line is stored.</summary>
    internal bool IsAcknowledged(string line)
    {
        lock (_gate)
            return _acknowledged.Contains(line);
    }

    /// <summary>How often each line came.</summary>
    internal Dictionary<string, int> Sent
    {
        get
        {
            lock (_gate)
                return new Dictionary<string, int>(_sent);
        }
    }

    /// <summary>What happens to the next writes.</summary>
    internal void Next(int writes, Fault fault)
    {
        lock (_gate)
        {
            for (int i = 0; i < writes; i++)
                _script.Enqueue(fault);
        }
    }

    /// <summary>What happens to every write behind those of <see cref="Next"/>.</summary>
    internal void Always(Fault fault)
    {
        lock (_gate)
            _fault = fault;
    }

    /// <summary>From now on no fault, also none of those that were still to come.</summary>
    internal void Mend()
    {
        lock (_gate)
        {
            _script.Clear();
            _fault = Fault.None;
        }
    }

    private protected override bool Handle(RawHttpConnection connection, RawHttpMessage head)
    {
        long came = Stopwatch.GetTimestamp();
        Fault fault = Fault.None;
        bool isWrite = head.Path.Contains("write", StringComparison.Ordinal);
        if (isWrite)
        {
            lock (_gate)
            {
                _writes++;
                fault = _script.TryDequeue(out Fault? next) ? next : _fault;
                if (fault.Kind != FaultKind.None)
                    _faults++;
            }
        }

        switch (fault.Kind)
        {
            case FaultKind.AnswerEarly:
                connection.Write(Answer(fault, "Connection: close\r\n"));
                return false;
            case FaultKind.CutRequest:
                connection.ReadBody(head, 0.5);
                connection.Reset();
                return false;
        }

        byte[] body = connection.ReadBody(head);
        if (isWrite)
        {
            string[] lines = head.Lines(body);
            lock (_gate)
            {
                _sentAgain.AddRange(lines.Where(_surelyTold.Contains));
                foreach (string line in lines)
                    _sent[line] = _sent.GetValueOrDefault(line) + 1;
            }
        }

        switch (fault.Kind)
        {
            case FaultKind.Answer:
                connection.Write(Answer(fault));
                return true;
            case FaultKind.Silence:
                connection.WaitForEnd();
                return false;
            case FaultKind.Garbage:
                connection.Write("220 mail.example ESMTP ready\r\n\r\n");
                return false;
            case FaultKind.EndlessBody:
                connection.Write("HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n");
                while (true)
                {
                    connection.Write("10\r\nand so on and on\r\n");
                    Thread.Sleep(5);
                }

            case FaultKind.EndlessHeaders:
                connection.Write("HTTP/1.1 204 No Content\r\n");
                while (true)
                    connection.Write("X-More: and so on and on\r\n");
        }

        (RawHttpMessage answer, byte[] answerBody) = PassOn(head, body);
        byte[] bytes = [.. Encoding.UTF8.GetBytes(Text(answer, answerBody.Length)), .. answerBody];
        switch (fault.Kind)
        {
            case FaultKind.CutAnswer:
                connection.Write(bytes[..(bytes.Length / 2)]);
                connection.Reset();
                return false;
            case FaultKind.SwallowAnswer:
                connection.WaitForEnd();
                return false;
        }

        // On a busy machine a server may take longer than the agent waits: then nobody was told.
        if (connection.HasEnded)
            return false;
        // Before it is sent: the agent may be quicker with its next request than this thread.
        if (isWrite && answer.Status is 200 or 204)
        {
            lock (_gate)
            {
                _acknowledged.UnionWith(head.Lines(body));
                if (Stopwatch.GetElapsedTime(came) < SurelyWaited)
                    _surelyTold.UnionWith(head.Lines(body));
            }
        }

        connection.Write(bytes);
        return true;
    }

    private static string Answer(Fault fault, string more = "") =>
        $"HTTP/1.1 {fault.Status}\r\n{fault.Headers}{more}Content-Length: {Encoding.UTF8.GetByteCount(fault.Body)}\r\n\r\n{fault.Body}";

    private static string Text(RawHttpMessage answer, int length)
    {
        var text = new StringBuilder(answer.StartLine).Append("\r\n");
        foreach ((string name, string value) in answer.Headers)
        {
            if (!IsOfTheConnection(name))
                text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (answer.Status != 204)
            text.Append("Content-Length: ").Append(length).Append("\r\n");
        return text.Append("\r\n").ToString();
    }

    // RFC 9110 7.6.1: what speaks of one connection is not passed on to another.
    private static bool IsOfTheConnection(string name) =>
        name.ToLowerInvariant() is "connection" or "transfer-encoding" or "content-length" or "expect" or "keep-alive";

    private (RawHttpMessage Answer, byte[] Body) PassOn(RawHttpMessage head, byte[] body)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var server = new RawHttpConnection(Connect(socket));
        var text = new StringBuilder(head.StartLine).Append("\r\n");
        foreach ((string name, string value) in head.Headers)
        {
            if (!IsOfTheConnection(name))
                text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        server.Write(text.Append("Connection: close\r\nContent-Length: ").Append(body.Length).Append("\r\n\r\n").ToString());
        server.Write(body);
        RawHttpMessage answer = server.ReadHead() ?? throw new IOException("the server ended the connection");
        return (answer, server.ReadAnswerBody(answer));
    }

    private Socket Connect(Socket socket)
    {
        try
        {
            socket.Connect(IPAddress.Loopback, _port);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
