using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NsCollector.Linux.Interop;

namespace NsCollector.Deliver.File;

/// <summary>
/// Writes lines to standard output of any kind. A slow reader of a pipe delays only this sink's thread. A pipe gets whole lines
/// even if this process is killed: each write has at most PIPE_BUF bytes, which the kernel writes atomically (pipe(7)). Only a
/// longer line, or a line on a terminal or socket, can be written in part; its rest comes before anything else. After the reader
/// has gone, all remaining and later points are counted as dropped.
/// </summary>
internal sealed partial class StandardOutputSink : QueuedSink
{
    /// <summary>
    /// PIPE_BUF: if poll(2) reports a pipe as writable, a write of this size does not block even in blocking mode. The mode is
    /// shared with the process that started the agent, and is not changed.
    /// </summary>
    private const int PipeBytes = 4096;

    private const int StopCheckMilliseconds = 100;

    private readonly ILogger _logger;
    private readonly int _descriptor;
    private readonly Outage _outage;
    private int _chunkBytes = PipeBytes;
    private volatile bool _isReaderGone;

    /// <summary>A sink for standard output.</summary>
    /// <param name="options">Its section; only name, queue size and retry interval are used.</param>
    /// <param name="logger">Logs failures, each once; must not write to standard output.</param>
    /// <param name="clock">The clock; null: the system's.</param>
    public StandardOutputSink(FileSinkOptions options, ILogger logger, TimeProvider? clock = null)
        : this(options, logger, clock ?? TimeProvider.System, descriptor: 1)
    {
    }

    internal StandardOutputSink(FileSinkOptions options, ILogger logger, TimeProvider clock, int descriptor)
        : base("file:" + options.Name, options.QueueBytes, options.RetryInterval, logger, clock)
    {
        _logger = logger;
        _descriptor = descriptor;
        _outage = new Outage(clock);
    }

    /// <summary>Whether the reader is gone for good; without another sink the program can stop.</summary>
    public bool IsReaderGone => _isReaderGone;

    private protected override void Open()
    {
        Libc.IgnoreSignal(Libc.SIGPIPE);
        if (Libc.Statx(_descriptor, "\0"u8, out FileStatus status) == 0 && status.IsRegularFile) _chunkBytes = int.MaxValue;
    }

    private protected override void ReopenTarget()
    {
    }

    private protected override void Close()
    {
    }

    private protected override DeliveryResult Deliver(ReadOnlySpan<byte> rest, out int delivered)
    {
        delivered = 0;
        while (delivered < rest.Length)
        {
            int ready = Libc.Poll(_descriptor, Libc.POLLOUT, StopCheckMilliseconds);
            if (ready is 0 or -Errno.EINTR)
            {
                if (IsStopDeadlineOver()) return DeliveryResult.Failed;
                continue;
            }
            ReadOnlySpan<byte> chunk = rest.Slice(delivered, Math.Min(rest.Length - delivered, _chunkBytes));
            int wholeLines = chunk.LastIndexOf((byte)'\n') + 1;
            int written = Libc.Write(_descriptor, wholeLines > 0 ? chunk[..wholeLines] : chunk);
            if (written > 0)
            {
                delivered += written;
                continue;
            }
            switch (-written)
            {
                case Errno.EINTR:
                    continue;
                case Errno.EAGAIN:
                    // Another process has made it non-blocking, and filled it between poll and write.
                    if (IsStopDeadlineOver()) return DeliveryResult.Failed;
                    Libc.Poll(-1, 0, 1);
                    continue;
                case Errno.EPIPE or Errno.EBADF or Errno.EIO or Errno.ECONNRESET:
                    Counters.Failed();
                    _isReaderGone = true;
                    LogReaderGone(_logger, Name, Marshal.GetPInvokeErrorMessage(-written));
                    return DeliveryResult.Closed;
                default:
                    Counters.Failed();
                    if (_outage.Failed(written)) LogFailed(_logger, Name, Marshal.GetPInvokeErrorMessage(-written));
                    return DeliveryResult.Failed;
            }
        }
        if (_outage.Recovered(out TimeSpan lasted, out long tries)) LogWorksAgain(_logger, Name, lasted.TotalSeconds, tries);
        return DeliveryResult.Done;
    }

    [LoggerMessage(EventId = 331, Level = LogLevel.Warning, Message = "{Sink}: the reader of standard output is gone ({Problem}). The sink writes nothing more and drops all further points.")]
    private static partial void LogReaderGone(ILogger logger, string sink, string problem);

    [LoggerMessage(EventId = 332, Level = LogLevel.Error, Message = "{Sink}: cannot write to standard output: {Problem}. The agent tries again.")]
    private static partial void LogFailed(ILogger logger, string sink, string problem);

    [LoggerMessage(EventId = 333, Level = LogLevel.Information, Message = "{Sink}: writing to standard output works again after {Seconds:0.0} s and {Tries} failed attempts.")]
    private static partial void LogWorksAgain(ILogger logger, string sink, double seconds, long tries);
}
