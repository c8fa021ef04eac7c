namespace NsCollector.Deliver.File;

/// <summary>The parsed name of a rotated file.</summary>
/// <param name="FileName">The name, without directory.</param>
/// <param name="Stamp">When it was rotated (UTC, whole milliseconds), unique.</param>
/// <param name="Form">The form of its content.</param>
internal readonly record struct RotatedName(string FileName, DateTime Stamp, RotatedForm Form);
