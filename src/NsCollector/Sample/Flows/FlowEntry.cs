namespace NsCollector.Sample.Flows;

/// <summary>The connections of one namespace with the same key, in one interval.</summary>
internal struct FlowEntry
{
    /// <summary>Whose they are.</summary>
    internal FlowNamespace? Namespace;

    /// <summary>What they have in common.</summary>
    internal FlowKey Key;

    /// <summary>The sums.</summary>
    internal FlowSums Sums;

    /// <summary>The index of the namespace's next entry; -1 at the end.</summary>
    internal int Next;
}
