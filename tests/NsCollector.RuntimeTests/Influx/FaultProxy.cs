using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>
/// A proxy between an agent and a real server that injects the faults of networks, proxies and overloaded servers into writes. It
/// records the acknowledged lines, so it knows which were sent again without need.
/// </summary>
internal sealed class FaultProxy : RawHttpServer
{
    private readonly int _port;
    private readonly object _gate = new();

    // All are guarded by _gate.
    private readonly Queue<Fault> _script = new();
    private readonly HashSet<string> _acknowledged = [], _surelyTold = [];
    private readonly List<string> _sentAgain = [];
    private readonly Dictionary<string, int> _sent = [];
    private Fault _fault = Fault.None;
    private int _faults, _writes;

    /// <summary>Starts a proxy for the server at a port of 127.0.0.1.</summary>
    internal FaultProxy(int port)
    {
        _port = port;
        Serve();
    }

    /// <summary>Half of the agent's time-out: the agent was still waiting for a response that came sooner.</summary>
    internal TimeSpan AcknowledgedWithin { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The number of writes.</summary>
    internal int Writes
    {
        get
        {
            lock (_gate)
                return _writes;
        }
    }

    /// <summary>The number of writes that met a fault.</summary>
    internal int Faults
    {
        get
        {
            lock (_gate)
                return _faults;
        }
    }

    /// <summary>The lines that were sent again after their acknowledgement.</summary>
    internal List<string> SentAgain
    {
        get
        {
            lock (_gate)
                return [.. _sentAgain];
        }
    }

    /// <summary>The number of acknowledged lines.</summary>
    internal int Acknowledged
    {
        get
        {
            lock (_gate)
                return _acknowledged.Count;
        }
    }

    /// <summary>Whether a line was acknowledged.</summary>
    internal bool IsAcknowledged(string line)
    {
        lock (_gate)
            return _acknowledged.Contains(line);
    }

    /// <summary>How often each line was sent.</summary>
    internal Dictionary<string, int> Sent
    {
        get
        {
            lock (_gate)
                return new Dictionary<string, int>(_sent);
        }
    }

    /// <summary>Sets the fault of the next writes.</summary>
    internal void Next(int writes, Fault fault)
    {
        lock (_gate)
        {
            for (int i = 0; i < writes; i++)
                _script.Enqueue(fault);
        }
    }

    /// <summary>Sets the fault of all writes after those of <see cref="Next"/>.</summary>
    internal void Always(Fault fault)
    {
        lock (_gate)
            _fault = fault;
    }

    /// <summary>Removes all faults, including those of <see cref="Next"/>.</summary>
    internal void ClearFaults()
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

        // On a busy machine the response may come after the agent's time-out; then the lines are not acknowledged.
        if (connection.IsClosed)
            return false;
        // Recorded before it is sent, because the agent may send its next request before this thread continues.
        if (isWrite && answer.Status is 200 or 204)
        {
            lock (_gate)
            {
                _acknowledged.UnionWith(head.Lines(body));
                if (Stopwatch.GetElapsedTime(came) < AcknowledgedWithin)
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
            if (!IsConnectionHeader(name))
                text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (answer.Status != 204)
            text.Append("Content-Length: ").Append(length).Append("\r\n");
        return text.Append("\r\n").ToString();
    }

    // RFC 9110 7.6.1: headers about one connection are not forwarded to another.
    private static bool IsConnectionHeader(string name) =>
        name.ToLowerInvariant() is "connection" or "transfer-encoding" or "content-length" or "expect" or "keep-alive";

    private (RawHttpMessage Answer, byte[] Body) PassOn(RawHttpMessage head, byte[] body)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var server = new RawHttpConnection(Connect(socket));
        var text = new StringBuilder(head.StartLine).Append("\r\n");
        foreach ((string name, string value) in head.Headers)
        {
            if (!IsConnectionHeader(name))
                text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        server.Write(text.Append("Connection: close\r\nContent-Length: ").Append(body.Length).Append("\r\n\r\n").ToString());
        server.Write(body);
        RawHttpMessage answer = server.ReadHead() ?? throw new IOException("the server closed the connection");
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
