
namespace NsCollector.PackageTests;

/// <summary>
/// A test that runs other programs, as any user. It is skipped if one of them is missing, and names it. In CI tests/run counts a
/// skipped test as failed.
/// </summary>
internal sealed class RequiresProgramsFactAttribute : FactAttribute
{
    public RequiresProgramsFactAttribute(params string[] programs)
    {
        string[] missing = [.. programs.Where(program => program.StartsWith('/') ? !File.Exists(program) : Command.Find(program) is null)];
        if (missing.Length > 0) Skip = $"not installed: {string.Join(", ", missing)}; run packaging/prepare tests";
    }
}
