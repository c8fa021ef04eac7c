using System.Runtime.InteropServices;
using NsCollector.Linux.Interop;

namespace NsCollector.Linux.Netlink;

/// <summary>
/// One netlink request and the buffer of its answer, in memory that does not move. Sending allocates nothing. For one thread.
/// </summary>
internal sealed unsafe class NetlinkRequest
{
    /// <summary>NLM_F_ACK: the answer ends with an acknowledgement.</summary>
    public const ushort Acknowledge = 4;

    /// <summary>NLM_F_DUMP: the answer is a dump.</summary>
    public const ushort Dump = 0x300;

    private const ushort NLM_F_REQUEST = 1;
    private const int HeaderBytes = 16;

    private readonly byte[] _request;
    private byte[] _answer;
    private NativeShim.NetlinkExchange _exchange;

    /// <summary>Creates a request.</summary>
    /// <param name="protocol">NETLINK_ROUTE, ...</param>
    /// <param name="type">nlmsg_type.</param>
    /// <param name="flags"><see cref="Dump"/> or <see cref="Acknowledge"/>.</param>
    /// <param name="body">What follows the header; a multiple of 4 bytes.</param>
    /// <param name="answerBytes">The most bytes of an answer.</param>
    public NetlinkRequest(int protocol, ushort type, ushort flags, ReadOnlySpan<byte> body, int answerBytes)
    {
        _request = GC.AllocateArray<byte>(HeaderBytes + body.Length, pinned: true);
        _answer = GC.AllocateUninitializedArray<byte>(answerBytes, pinned: true);
        MemoryMarshal.Write(_request, (uint)_request.Length);
        MemoryMarshal.Write(_request.AsSpan(4), type);
        MemoryMarshal.Write(_request.AsSpan(6), (ushort)(NLM_F_REQUEST | flags));
        MemoryMarshal.Write(_request.AsSpan(8), 1u);
        body.CopyTo(Body);
        _exchange = new NativeShim.NetlinkExchange
        {
            Request = (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(_request, 0),
            Buffer = (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(_answer, 0),
            RequestLength = (uint)_request.Length,
            Capacity = (uint)answerBytes,
            Protocol = protocol,
        };
    }

    /// <summary>What follows the header of the request, to change before it is sent.</summary>
    public Span<byte> Body => _request.AsSpan(HeaderBytes);

    /// <summary>The messages of the last answer. After an error, those before it.</summary>
    public NetlinkMessages Answer => new(_answer.AsSpan(0, (int)_exchange.Length));

    /// <summary>The messages of the last answer from one of them on.</summary>
    /// <param name="offset"><see cref="NetlinkMessages.Offset"/> of that message in <see cref="Answer"/>.</param>
    public NetlinkMessages AnswerFrom(int offset) => new(_answer.AsSpan(offset, (int)_exchange.Length - offset));

    /// <summary>The most bytes of an answer.</summary>
    public int AnswerBytes => _answer.Length;

    /// <summary>Whether the kernel says that the last answer may not be consistent.</summary>
    public bool IsInterrupted => (_exchange.Flags & NativeShim.NetlinkFlags.Interrupted) != 0;

    /// <summary>Whether the last answer had more messages than the buffer has space for.</summary>
    public bool IsTruncated => (_exchange.Flags & NativeShim.NetlinkFlags.Truncated) != 0;

    /// <summary>Sends it in the network namespace of a process and receives the answer. The kernel loads modules that it asks for.</summary>
    /// <param name="directory">A descriptor of the process's /proc directory.</param>
    /// <param name="identity">The inode number of the namespace that the process must be in. If it is the namespace of the calling thread, the answer is -ESRCH.</param>
    /// <returns>0; -ESRCH if the process has exited or is in another namespace; else -errno.</returns>
    public int SendInside(int directory, ulong identity)
    {
        NativeShim.NetlinkExchange exchange = Cleared();
        int error = NativeShim.NetlinkInside(directory, identity, &exchange, 1);
        _exchange = exchange;
        return error < 0 ? error : exchange.Error;
    }

    /// <summary>Sends two requests in the network namespace of a process, which is entered once.</summary>
    /// <param name="directory">A descriptor of the process's /proc directory.</param>
    /// <param name="identity">The inode number of the namespace that the process must be in. If it is the namespace of the calling thread, the answer is -ESRCH.</param>
    /// <param name="first">The first request.</param>
    /// <param name="second">The second one.</param>
    /// <returns>0; -ESRCH if the process has exited or is in another namespace; else the first -errno.</returns>
    public static int SendInside(int directory, ulong identity, NetlinkRequest first, NetlinkRequest second)
    {
        NativeShim.NetlinkExchange* exchanges = stackalloc NativeShim.NetlinkExchange[] { first.Cleared(), second.Cleared() };
        int error = NativeShim.NetlinkInside(directory, identity, exchanges, 2);
        first._exchange = exchanges[0];
        second._exchange = exchanges[1];
        return error < 0 ? error : exchanges[0].Error < 0 ? exchanges[0].Error : exchanges[1].Error;
    }

    /// <summary>Doubles the buffer of the answer, which is lost.</summary>
    public void EnlargeAnswer()
    {
        _answer = GC.AllocateUninitializedArray<byte>(_answer.Length * 2, pinned: true);
        _exchange = Cleared() with { Buffer = (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(_answer, 0), Capacity = (uint)_answer.Length };
    }

    /// <summary>Sends it in the calling thread's own network namespace and receives the answer.</summary>
    /// <returns>0 or -errno.</returns>
    public int SendHere()
    {
        NativeShim.NetlinkExchange exchange = Cleared();
        NativeShim.NetlinkHere(&exchange, 1);
        _exchange = exchange;
        return exchange.Error;
    }

    // What was not sent has no answer.
    private NativeShim.NetlinkExchange Cleared() => _exchange with { Flags = NativeShim.NetlinkFlags.None, Length = 0, Error = 0 };
}
