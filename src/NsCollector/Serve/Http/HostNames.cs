namespace NsCollector.Serve.Http;

/// <summary>The names of the host's series on the page.</summary>
internal enum HostNames
{
    /// <summary>Made from the measurement and the field.</summary>
    Own,

    /// <summary>Those of node_exporter, for fields that it has too.</summary>
    Node,
}
