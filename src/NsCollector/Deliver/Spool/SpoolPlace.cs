namespace NsCollector.Deliver.Spool;

/// <summary>Where the spool files of one sink are, and what they contain.</summary>
/// <param name="Options">The section <c>[spool]</c>.</param>
/// <param name="Lock">The spool's lock, shared by all sinks of this agent; null if there is no spool.</param>
/// <param name="Directory">The name of the sink's directory.</param>
/// <param name="Format">What its files contain.</param>
internal sealed record SpoolPlace(SpoolOptions Options, SpoolLock? Lock, string Directory, SpoolFormat Format);
