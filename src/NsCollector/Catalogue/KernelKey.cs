namespace NsCollector.Catalogue;

/// <summary>One number that the kernel writes.</summary>
/// <param name="File">The file.</param>
/// <param name="Key">The key in the file; empty if the file holds only this number.</param>
/// <param name="Factor">Multiplies the number to convert it to the field's unit.</param>
internal sealed record KernelKey(string File, string Key, int Factor);
