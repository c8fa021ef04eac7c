using System.Runtime.InteropServices;
using NsCollector.Linux.Interop;

namespace NsCollector.Linux.Netlink;

/// <summary>
/// Requests the states of the tasks of a v1 cgroup from the kernel: CGROUPSTATS_CMD_GET of the generic netlink family TASKSTATS
/// (cgroupstats_user_cmd in kernel/taskstats.c), which needs no capability. On Linux 5.x the family exists only in the
/// host's network namespace; later kernels set netnsok.
/// </summary>
/// <remarks>
/// The kernel answers while it handles the message, so a reply is there when send(2) returns, and nothing waits. Allocates
/// nothing after construction; for one thread.
/// </remarks>
internal sealed class CgroupStats : IDisposable
{
    private const int HeaderBytes = 16, GenericHeaderBytes = 4, AttributeHeaderBytes = 4;
    private const int PayloadAt = HeaderBytes + GenericHeaderBytes;
    private const ushort NLMSG_ERROR = 2, NLM_F_REQUEST = 1;
    private const ushort GENL_ID_CTRL = 16, CTRL_ATTR_FAMILY_ID = 1, CTRL_ATTR_FAMILY_NAME = 2;
    private const byte CTRL_CMD_GETFAMILY = 3, CGROUPSTATS_CMD_GET = 4, CGROUPSTATS_CMD_NEW = 5;
    private const ushort CGROUPSTATS_CMD_ATTR_FD = 1, CGROUPSTATS_TYPE_CGROUP_STATS = 1;

    // The reply about the family lists its operations and groups: 112 bytes on Linux 6.18.
    private readonly byte[] _buffer = new byte[4096];
    private readonly ushort _family;
    private int _socket;
    private uint _sequence;

    /// <summary>Opens the socket and finds the family; see <see cref="Error"/> for the result.</summary>
    internal CgroupStats()
    {
        _socket = Libc.GenericNetlinkSocket();
        if (_socket < 0)
        {
            Error = _socket;
            return;
        }

        int length = Ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, "TASKSTATS\0"u8);
        if (length >= 0 && TryAttribute(length, CTRL_ATTR_FAMILY_ID, out ReadOnlySpan<byte> id) && id.Length >= 2) _family = MemoryMarshal.Read<ushort>(id);
        if (_family != 0) return;
        Error = length < 0 ? length : -Errno.EINVAL;
        Dispose();
    }

    /// <summary>0, or -errno if nothing can be read; -ENOENT if the kernel, or this network namespace, has no such family.</summary>
    internal int Error { get; }

    /// <summary>Counts the tasks of one cgroup, without those of the cgroups below it.</summary>
    /// <param name="directory">An open descriptor of its directory; not one of O_PATH.</param>
    /// <param name="states">The counts.</param>
    /// <returns>0, or -errno; -EINVAL for a directory of cgroup v2.</returns>
    internal int Read(int directory, out TaskStates states)
    {
        states = default;
        if (_socket < 0) return Error < 0 ? Error : -Errno.EBADF;
        int length = Ask(_family, CGROUPSTATS_CMD_GET, CGROUPSTATS_CMD_ATTR_FD, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in directory)));
        if (length < 0) return length;
        if (_buffer[HeaderBytes] != CGROUPSTATS_CMD_NEW || !TryAttribute(length, CGROUPSTATS_TYPE_CGROUP_STATS, out ReadOnlySpan<byte> value)) return -Errno.EINVAL;
        return MemoryMarshal.TryRead(value, out states) ? 0 : -Errno.EINVAL;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_socket >= 0) Libc.Close(_socket);
        _socket = -1;
    }

    /// <summary>Sends a request with one attribute and receives the reply to it into the buffer.</summary>
    /// <returns>The length of the reply, or -errno.</returns>
    private int Ask(ushort type, byte command, ushort attribute, ReadOnlySpan<byte> value)
    {
        Span<byte> request = _buffer.AsSpan(0, PayloadAt + ((AttributeHeaderBytes + value.Length + 3) & ~3));
        request.Clear();
        MemoryMarshal.Write(request, (uint)request.Length);
        MemoryMarshal.Write(request[4..], type);
        MemoryMarshal.Write(request[6..], NLM_F_REQUEST);
        MemoryMarshal.Write(request[8..], ++_sequence);
        request[HeaderBytes] = command;
        request[HeaderBytes + 1] = 1;
        MemoryMarshal.Write(request[PayloadAt..], (ushort)(AttributeHeaderBytes + value.Length));
        MemoryMarshal.Write(request[(PayloadAt + 2)..], attribute);
        value.CopyTo(request[(PayloadAt + AttributeHeaderBytes)..]);
        int sent = Libc.Send(_socket, request);
        if (sent < 0) return sent;

        // The reply to an earlier request may still be queued if that request failed.
        while (true)
        {
            int length = Libc.Read(_socket, _buffer);
            if (length == -Errno.EINTR) continue;
            if (length < 0) return length;
            if (length < PayloadAt) return -Errno.EINVAL;
            if (MemoryMarshal.Read<uint>(_buffer.AsSpan(8)) != _sequence) continue;
            if (MemoryMarshal.Read<ushort>(_buffer.AsSpan(4)) != NLMSG_ERROR) return length;
            int error = MemoryMarshal.Read<int>(_buffer.AsSpan(HeaderBytes));
            return error < 0 ? error : -Errno.EINVAL;
        }
    }

    private bool TryAttribute(int length, ushort wanted, out ReadOnlySpan<byte> value)
    {
        value = default;
        ReadOnlySpan<byte> rest = _buffer.AsSpan(PayloadAt, length - PayloadAt);
        while (rest.Length >= AttributeHeaderBytes)
        {
            int size = MemoryMarshal.Read<ushort>(rest);
            if (size < AttributeHeaderBytes || size > rest.Length) return false;
            if (MemoryMarshal.Read<ushort>(rest[2..]) == wanted)
            {
                value = rest[AttributeHeaderBytes..size];
                return true;
            }

            rest = rest[Math.Min((size + 3) & ~3, rest.Length)..];
        }

        return false;
    }
}
