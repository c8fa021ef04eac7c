using Microsoft.Extensions.Logging;
using NsCollector.Encode.Batches;

namespace NsCollector.Deliver;

/// <summary>All sinks of an agent. Each batch goes to all of them, and no sink can delay or break another.</summary>
internal sealed partial class SinkSet : IBatchReceiver, IDisposable
{
    private readonly ISink[] _sinks;
    private readonly ILogger _logger;
    private int _open;

    /// <summary>Takes ownership of the sinks.</summary>
    /// <param name="sinks">The sinks, in the order of the configuration.</param>
    /// <param name="logger">Receives defects of single sinks.</param>
    /// <param name="allClosed">Called once, on a sink's thread, if no sink can ever deliver again; see <see cref="ISink.Closed"/>.</param>
    public SinkSet(IEnumerable<ISink> sinks, ILogger logger, Action? allClosed = null)
    {
        _sinks = [.. sinks];
        _logger = logger;
        _open = _sinks.Length;
        foreach (ISink sink in _sinks)
        {
            sink.Closed += () =>
            {
                if (Interlocked.Decrement(ref _open) == 0) allClosed?.Invoke();
            };
        }
    }

    /// <summary>The sinks, in the order of the configuration.</summary>
    public IReadOnlyList<ISink> Sinks => _sinks;

    /// <summary>Starts all of them.</summary>
    public void Start() => ForEach(static sink => sink.Start());

    /// <summary>Passes a batch to every sink and releases the caller's reference.</summary>
    public void Publish(Batch batch) => Publish(batch, _sinks);

    /// <summary>A receiver that passes batches only to some of the sinks.</summary>
    /// <param name="isIncluded">Whether it passes them to the sink with this index in <see cref="Sinks"/>.</param>
    internal IBatchReceiver Only(Func<int, bool> isIncluded) => new SinkSelection(this, [.. _sinks.Where((_, index) => isIncluded(index))]);

    /// <summary>Passes a batch to some of the sinks and releases the caller's reference.</summary>
    internal void Publish(Batch batch, ISink[] sinks)
    {
        foreach (ISink sink in sinks)
        {
            try
            {
                sink.Enqueue(batch);
            }
            catch (Exception e)
            {
                LogDefect(_logger, sink.Name, e);
            }
        }
        batch.Release();
    }

    /// <summary>Makes all of them reopen their targets (SIGHUP). Returns at once.</summary>
    public void Reopen() => ForEach(static sink => sink.Reopen());

    /// <summary>Stops all of them in parallel, so that a slow one does not use up the timeout of the others.</summary>
    /// <returns>Whether everything was delivered within <paramref name="timeout"/>.</returns>
    public bool Stop(TimeSpan timeout)
    {
        bool[] delivered = new bool[_sinks.Length];
        Thread[] threads = new Thread[_sinks.Length];
        for (int i = 0; i < _sinks.Length; i++)
        {
            int index = i;
            threads[i] = new Thread(() =>
            {
                try
                {
                    delivered[index] = _sinks[index].Stop(timeout);
                }
                catch (Exception e)
                {
                    LogDefect(_logger, _sinks[index].Name, e);
                }
            }) { IsBackground = true, Name = "stop " + _sinks[i].Name };
            threads[i].Start();
        }
        // A little longer than the timeout of the sinks, so that they can log their losses.
        long until = Environment.TickCount64 + (long)timeout.TotalMilliseconds + 100;
        bool all = true;
        for (int i = 0; i < threads.Length; i++)
        {
            bool ended = threads[i].Join((int)Math.Max(0, until - Environment.TickCount64));
            all &= ended && delivered[i];
        }
        return all;
    }

    /// <inheritdoc/>
    public void Dispose() => ForEach(static sink => sink.Dispose());

    private void ForEach(Action<ISink> action)
    {
        foreach (ISink sink in _sinks)
        {
            try
            {
                action(sink);
            }
            catch (Exception e)
            {
                LogDefect(_logger, sink.Name, e);
            }
        }
    }


    [LoggerMessage(EventId = 306, Level = LogLevel.Error, Message = "{Sink}: bug in the agent; please report it. The other sinks continue.")]
    private static partial void LogDefect(ILogger logger, string sink, Exception e);
}
