namespace NsCollector.Discover.Identify;

/// <summary>
/// Keeps what containers are called from making series without end: bounds how many distinct keys labels may have, how
/// many values each of them, and how many images there may be, from the agent's start to its end. Used by one thread.
/// </summary>
/// <param name="options">The bounds.</param>
internal sealed class TagGuard(IdentityOptions options)
{
    private readonly Dictionary<string, DistinctValues> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DistinctValues> _variables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DistinctValues> _orchestrator = new(StringComparer.Ordinal);
    private readonly DistinctValues _images = new(options.MaxImageValues);

    /// <summary>Whether an image may become a tag.</summary>
    internal bool AdmitImage(string image) => _images.Admit(image);

    /// <summary>Whether an environment variable may become a tag. The configuration lists their names, so only values are bounded.</summary>
    internal bool AdmitVariable(string name, string value) => Admit(_variables, name, value, int.MaxValue, options.MaxLabelValues);

    /// <summary>Whether an orchestrator's tag may have a value. Each kind of owner has its own bound: a CronJob makes new Jobs without end, which must not leave Deployments without their tag.</summary>
    internal bool AdmitOrchestratorTag(string tag, string value) =>
        Admit(_orchestrator, tag == OrchestratorTags.Owner ? PodOwner.KindOf(value) : tag, value, int.MaxValue, options.MaxOrchestratorValues);

    /// <summary>Whether a label may become a tag.</summary>
    internal bool AdmitLabel(string key, string value) => Admit(_labels, key, value, options.MaxLabelKeys, options.MaxLabelValues);

    private static bool Admit(Dictionary<string, DistinctValues> known, string key, string value, int maxKeys, int maxValues)
    {
        if (known.TryGetValue(key, out DistinctValues? values)) return values.Admit(value);
        if (known.Count >= maxKeys) return false;
        known.Add(key, values = new DistinctValues(maxValues));
        return values.Admit(value);
    }
}
