using System.Diagnostics.CodeAnalysis;
using NsCollector.Discover.Recognise;
using NsCollector.Linux;

namespace NsCollector.Discover.Identify;

/// <summary>
/// Resolves names on a thread of its own: a runtime's files may be on a disk that hangs, and births and exits must not wait
/// for it. At most one request for each existing container is queued.
/// </summary>
/// <param name="names">Resolves. Once this thread runs, only it uses them.</param>
/// <param name="answered">Set when there is an answer.</param>
/// <param name="defect">Receives an exception, which no content of a file can cause.</param>
internal sealed class NameThread(ContainerNames names, WakeSignal answered, Action<Exception> defect)
{
    private readonly Queue<NameRequest> _requests = new();
    private readonly Queue<(long Key, KnownIdentity Known)> _answers = new();
    private Thread? _thread;
    private bool _stop;

    private readonly record struct NameRequest(long Key, RecognisedContainer Recognised, string Path, KnownIdentity? Previous, bool IsYoung);

    /// <summary>Whether it runs. Before that, callers resolve names themselves.</summary>
    internal bool IsRunning => _thread is not null;

    internal void Start()
    {
        _thread = new Thread(Run) { Name = "names", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends the thread. If it hangs in a dead file system, it ends with the process.</summary>
    internal void Stop()
    {
        lock (_requests)
        {
            _stop = true;
            Monitor.Pulse(_requests);
        }

        _thread?.Join(TimeSpan.FromMilliseconds(200));
    }

    /// <summary>Requests a container's names. Returns at once.</summary>
    /// <param name="key">Identifies the answer.</param>
    /// <param name="recognised">What its path says.</param>
    /// <param name="path">Its cgroup path.</param>
    /// <param name="previous">The last answer.</param>
    /// <param name="isYoung">Whether the container was created recently.</param>
    internal void Enqueue(long key, RecognisedContainer recognised, string path, KnownIdentity? previous, bool isYoung)
    {
        lock (_requests)
        {
            _requests.Enqueue(new NameRequest(key, recognised, path, previous, isYoung));
            Monitor.Pulse(_requests);
        }
    }

    /// <summary>A container is gone. Its request is removed.</summary>
    internal void Forget(long key)
    {
        lock (_requests)
        {
            for (int left = _requests.Count; left > 0; left--)
            {
                NameRequest request = _requests.Dequeue();
                if (request.Key != key) _requests.Enqueue(request);
            }
        }
    }

    /// <summary>Dequeues an answer.</summary>
    internal bool TryDequeue(out long key, [NotNullWhen(true)] out KnownIdentity? known)
    {
        lock (_answers)
        {
            bool any = _answers.TryDequeue(out (long Key, KnownIdentity Known) answer);
            (key, known) = answer;
            return any;
        }
    }

    private void Run()
    {
        while (true)
        {
            NameRequest request;
            lock (_requests)
            {
                while (!_stop && _requests.Count == 0) Monitor.Wait(_requests);
                if (_stop) return;
                request = _requests.Dequeue();
            }

            KnownIdentity known;
            try
            {
                known = names.Resolve(request.Recognised, request.Path, request.Previous, request.IsYoung);
            }
            catch (Exception exception)
            {
                defect(exception);
                known = request.Previous ?? KnownIdentity.Nothing;
            }

            lock (_answers) _answers.Enqueue((request.Key, known));
            answered.Set();
        }
    }
}
