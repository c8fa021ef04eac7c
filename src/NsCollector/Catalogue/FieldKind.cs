namespace NsCollector.Catalogue;

/// <summary>How a field's values relate to each other over time.</summary>
internal enum FieldKind
{
    /// <summary>A value that can rise and fall.</summary>
    Gauge,

    /// <summary>A total that only grows while its container (or the agent) lives.</summary>
    Counter,

    /// <summary>A fact that rarely changes.</summary>
    Property,
}
