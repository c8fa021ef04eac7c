namespace NsCollector.Serve.Docker.Containers;

/// <summary>Keeps the sources of containers from one list to the next, and drops those of containers that are gone. Used by one thread at a time.</summary>
/// <typeparam name="TSource">The type of the sources.</typeparam>
internal sealed class SourceSet<TSource> where TSource : DetailsSource
{
    private Dictionary<string, TSource> _before = new(StringComparer.Ordinal);
    private Dictionary<string, TSource> _now = new(StringComparer.Ordinal);

    /// <summary>Begins a new list.</summary>
    internal void Begin() => (_before, _now) = (_now, _before);

    /// <summary>The source of a container, which stays the same as long as each list has its key.</summary>
    /// <param name="key">A path or an id.</param>
    /// <param name="create">Creates it.</param>
    internal TSource Keep(string key, Func<string, TSource> create)
    {
        if (_now.TryGetValue(key, out TSource? source)) return source;
        if (!_before.Remove(key, out source)) source = create(key);
        _now.Add(key, source);
        return source;
    }

    /// <summary>Ends a list.</summary>
    internal void End()
    {
        foreach (TSource gone in _before.Values) (gone as IDisposable)?.Dispose();
        _before.Clear();
    }
}
