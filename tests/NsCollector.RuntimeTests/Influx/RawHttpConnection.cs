using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>
/// One HTTP/1.1 connection (RFC 9112) at the level of bytes, for client or server. A server library would hide what the tests have
/// to get wrong. A connection broken by the other end causes an <see cref="IOException"/>.
/// </summary>
internal sealed class RawHttpConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start, _end;

    /// <summary>Uses a connected socket, and closes it when disposed.</summary>
    public RawHttpConnection(Socket socket)
    {
        _socket = socket;
        // Without NoDelay, the second of two writes would wait for the delayed acknowledgement of the first.
        socket.NoDelay = true;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Reads the start line and headers of the next message; null at the end of the connection.</summary>
    public RawHttpMessage? ReadHead()
    {
        var head = new List<byte>();
        while (head is not [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'])
        {
            int next = ReadByte();
            if (next < 0)
                return head.Count == 0 ? null : throw new IOException("the connection ended within the headers");
            head.Add((byte)next);
        }

        string[] lines = Encoding.UTF8.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return new RawHttpMessage(
            lines[0],
            [.. lines.Skip(1).Select(line => line.Split(':', 2)).Select(pair => new KeyValuePair<string, string>(pair[0], pair[1].Trim()))]);
    }

    /// <summary>Reads the body of a request. Sends 100 Continue first if the client expects it (RFC 9110 10.1.1).</summary>
    /// <param name="head">The result of <see cref="ReadHead"/>.</param>
    /// <param name="share">The part to read: 0.5 stops half-way, as near as the transfer coding permits.</param>
    public byte[] ReadBody(RawHttpMessage head, double share = 1)
    {
        if (head.Header("Expect")?.Equals("100-continue", StringComparison.OrdinalIgnoreCase) == true)
            Write("HTTP/1.1 100 Continue\r\n\r\n");
        var body = new List<byte>();
        if (head.Header("Transfer-Encoding") == "chunked")
        {
            for (int size = ChunkSize(); size > 0; size = ChunkSize())
            {
                ReadInto(body, share < 1 ? (int)(size * share) : size);
                if (share < 1)
                    return [.. body];
                ReadLine();
            }

            ReadLine();
        }
        else if (head.Header("Content-Length") is { } length)
        {
            ReadInto(body, (int)(int.Parse(length, CultureInfo.InvariantCulture) * share));
        }

        return [.. body];
    }

    /// <summary>Reads the body of a response, which may extend to the end of the connection.</summary>
    public byte[] ReadAnswerBody(RawHttpMessage head)
    {
        if (head.Status is 204 or 304)
            return [];
        if (head.Header("Transfer-Encoding") is not null || head.Header("Content-Length") is not null)
            return ReadBody(head);
        var body = new List<byte>();
        for (int next = ReadByte(); next >= 0; next = ReadByte())
            body.Add((byte)next);
        return [.. body];
    }

    /// <summary>Sends text.</summary>
    public void Write(string text) => _stream.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends bytes.</summary>
    public void Write(byte[] bytes) => _stream.Write(bytes);

    /// <summary>Whether the other end has closed the connection and sent nothing more.</summary>
    public bool IsClosed => _start == _end && _socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0;

    /// <summary>Waits until the other end closes the connection, and discards what it sends.</summary>
    public void WaitForEnd()
    {
        while (ReadByte() >= 0)
        {
        }
    }

    /// <summary>Resets the connection.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose() => _stream.Dispose();

    private int ChunkSize() => int.Parse(ReadLine().Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private string ReadLine()
    {
        var line = new StringBuilder();
        for (int next = ReadByte(); next != '\n'; next = ReadByte())
        {
            if (next < 0)
                throw new IOException("the connection ended within a chunk");
            if (next != '\r')
                line.Append((char)next);
        }

        return line.ToString();
    }

    private void ReadInto(List<byte> body, int count)
    {
        for (; count > 0; count--)
        {
            int next = ReadByte();
            if (next < 0)
                throw new IOException("the connection ended within the body");
            body.Add((byte)next);
        }
    }

    private int ReadByte()
    {
        if (_start == _end)
        {
            _start = 0;
            _end = _stream.Read(_buffer);
            if (_end == 0)
                return -1;
        }

        return _buffer[_start++];
    }
}
