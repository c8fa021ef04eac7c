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
    private readonly Queue<Question> _questions = new();
    private readonly Queue<(long Key, KnownIdentity Known)> _answers = new();
    private Thread? _thread;
    private bool _stop;

    private readonly record struct Question(long Key, RecognisedContainer Recognised, string Path, KnownIdentity? Previous);

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
        lock (_questions)
        {
            _stop = true;
            Monitor.Pulse(_questions);
        }

        _thread?.Join(TimeSpan.FromMilliseconds(200));
    }

    /// <summary>Requests a container's names. Returns at once.</summary>
    /// <param name="key">Identifies the answer.</param>
    /// <param name="recognised">What its path says.</param>
    /// <param name="path">Its cgroup path.</param>
    /// <param name="previous">The last answer.</param>
    internal void Ask(long key, RecognisedContainer recognised, string path, KnownIdentity? previous)
    {
        lock (_questions)
        {
            _questions.Enqueue(new Question(key, recognised, path, previous));
            Monitor.Pulse(_questions);
        }
    }

    /// <summary>A container is gone. Its request is removed.</summary>
    internal void Forget(long key)
    {
        lock (_questions)
        {
            for (int left = _questions.Count; left > 0; left--)
            {
                Question question = _questions.Dequeue();
                if (question.Key != key) _questions.Enqueue(question);
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
            Question question;
            lock (_questions)
            {
                while (!_stop && _questions.Count == 0) Monitor.Wait(_questions);
                if (_stop) return;
                question = _questions.Dequeue();
            }

            KnownIdentity known;
            try
            {
                known = names.Resolve(question.Recognised, question.Path, question.Previous);
            }
            catch (Exception exception)
            {
                defect(exception);
                known = question.Previous ?? KnownIdentity.Nothing;
            }

            lock (_answers) _answers.Enqueue((question.Key, known));
            answered.Set();
        }
    }
}
