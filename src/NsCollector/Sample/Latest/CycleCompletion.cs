namespace NsCollector.Sample.Latest;

/// <summary>
/// A task that completes on the thread pool. Completing a task queues each of its continuations, and allocates for each of them: with many streams, that
/// would be on the sampling thread.
/// </summary>
internal sealed class CycleCompletion() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IThreadPoolWorkItem
{
    /// <summary>Completes the task soon. Allocates nothing.</summary>
    internal void CompleteOnPool() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <inheritdoc/>
    public void Execute() => SetResult();
}
