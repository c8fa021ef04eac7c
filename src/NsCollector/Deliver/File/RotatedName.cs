namespace NsCollector.Deliver.File;

/// <summary>What the name of a file beside the live one says.</summary>
/// <param name="FileName">The name, without directory.</param>
/// <param name="Stamp">When it was rotated (UTC, whole milliseconds), never twice the same.</param>
/// <param name="Form">Which form its bytes have.</param>
internal readonly record struct RotatedName(string FileName, DateTime Stamp, RotatedForm Form);
