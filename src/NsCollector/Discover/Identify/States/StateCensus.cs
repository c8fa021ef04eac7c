using System.Collections.Immutable;

namespace NsCollector.Discover.Identify.States;

/// <summary>
/// Counts the host's containers by the runtimes' state files, on a thread of its own: the files may be on a disk that hangs,
/// and neither births nor names may wait for it.
/// </summary>
/// <remarks>The caller prepares a census with <see cref="TryBegin"/>, <see cref="AddLive"/> and <see cref="AddExcluded"/>, on one thread.</remarks>
/// <param name="runtimes">The runtimes that have state files.</param>
/// <param name="defect">Receives an exception, which no content of a file can cause.</param>
internal sealed class StateCensus(ImmutableArray<IRuntimeCensus> runtimes, Action<Exception> defect) : IDisposable
{
    private readonly LiveContainers _live = new();
    private readonly int[] _excluded = new int[Enum.GetValues<ContainerRuntime>().Length];
    private readonly CensusDraft _draft = new();
    private readonly AutoResetEvent _go = new(false);
    private Thread? _thread;
    private volatile ContainerCensus? _current;
    private volatile bool _isBusy;
    private volatile bool _stop;

    /// <summary>The last census; null before the first. From any thread.</summary>
    internal ContainerCensus? Current => _current;

    /// <summary>Starts the thread. Before that, <see cref="Run"/> reads the files itself.</summary>
    internal void Start()
    {
        _thread = new Thread(RunThread) { Name = "census", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Begins to prepare a census.</summary>
    /// <returns>False while the previous one is not complete.</returns>
    internal bool TryBegin()
    {
        if (_isBusy) return false;
        _live.Clear();
        Array.Clear(_excluded);
        return true;
    }

    /// <summary>A container of the host has a process.</summary>
    internal void AddLive(ContainerRuntime runtime, string id) => _live.Add(runtime, id);

    /// <summary>A container that has a process is left out by the filters.</summary>
    internal void AddExcluded(ContainerRuntime runtime) => _excluded[(int)runtime]++;

    /// <summary>Reads the files. Returns at once if the thread runs.</summary>
    internal void Run()
    {
        if (_thread is null)
        {
            Count();
            return;
        }

        _isBusy = true;
        _go.Set();
    }

    /// <summary>Ends the thread. If it hangs in a dead file system, it ends with the process.</summary>
    public void Dispose()
    {
        if (_stop) return;
        _stop = true;
        _go.Set();
        if (_thread?.Join(TimeSpan.FromMilliseconds(200)) != false) _go.Dispose();
    }

    private void RunThread()
    {
        while (_go.WaitOne() && !_stop)
        {
            Count();
            _isBusy = false;
        }
    }

    private void Count()
    {
        try
        {
            _draft.Clear();
            foreach (IRuntimeCensus runtime in runtimes) runtime.Count(_live, _draft);
            _current = _draft.ToCensus(_excluded);
        }
        catch (Exception exception)
        {
            defect(exception);
        }
    }
}
