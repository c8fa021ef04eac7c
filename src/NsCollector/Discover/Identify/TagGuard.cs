namespace NsCollector.Discover.Identify;

/// <summary>
/// Keeps what containers are called from making series without end: bounds how many distinct keys labels may have, how
/// many values each of them, and how many images there may be, from the agent's start to its end. Used by one thread.
/// </summary>
/// <param name="options">The bounds.</param>
internal sealed class TagGuard(IdentityOptions options)
{
    private readonly Dictionary<string, DistinctValues> _labels = new(StringComparer.Ordinal);
    private readonly DistinctValues _images = new(options.MaxImageValues);

    /// <summary>Whether an image may become a tag.</summary>
    internal bool AdmitImage(string image) => _images.Admit(image);

    /// <summary>Whether a label may become a tag.</summary>
    internal bool AdmitLabel(string key, string value)
    {
        if (_labels.TryGetValue(key, out DistinctValues? values)) return values.Admit(value);
        if (_labels.Count >= options.MaxLabelKeys) return false;
        _labels.Add(key, values = new DistinctValues(options.MaxLabelValues));
        return values.Admit(value);
    }
}
