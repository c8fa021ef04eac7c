namespace NsCollector.Catalogue;

/// <summary>One number that the kernel writes.</summary>
/// <param name="File">The file.</param>
/// <param name="Key">The key in the file; empty if the file holds nothing else.</param>
/// <param name="Factor">What the number is multiplied by to be in the field's unit.</param>
internal sealed record KernelKey(string File, string Key, int Factor);
