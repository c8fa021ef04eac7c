using System.Collections.Immutable;

namespace NsCollector.Discover.Identify.States;

/// <summary>
/// Counts the host's containers from the runtimes' state files, on a separate thread: the files may be on a disk that hangs, and
/// births and names must not wait for it.
/// </summary>
/// <remarks>The caller prepares a census with <see cref="TryBegin"/>, <see cref="AddLive"/> and <see cref="AddExcluded"/>, on one thread.</remarks>
/// <param name="runtimes">The runtimes that have state files.</param>
/// <param name="defect">Receives an exception. The content of a file cannot cause one.</param>
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

    /// <summary>Starts the thread. Without it, <see cref="Run"/> reads the files on the calling thread.</summary>
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

    /// <summary>Adds a container of the host that has a process.</summary>
    internal void AddLive(ContainerRuntime runtime, string id) => _live.Add(runtime, id);

    /// <summary>Adds a container that has a process and that the filters exclude.</summary>
    internal void AddExcluded(ContainerRuntime runtime) => _excluded[(int)runtime]++;

    /// <summary>Reads the files. Returns immediately if the thread was started.</summary>
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

    /// <summary>Ends the thread. If it hangs in a file system, it ends with the process.</summary>
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
