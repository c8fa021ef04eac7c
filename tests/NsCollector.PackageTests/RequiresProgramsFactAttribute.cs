
namespace NsCollector.PackageTests;

/// <summary>
/// A test that drives other programs, as any user. Where one is missing the test is skipped and says which; tests/run counts
/// that as a failure in CI.
/// </summary>
internal sealed class RequiresProgramsFactAttribute : FactAttribute
{
    public RequiresProgramsFactAttribute(params string[] programs)
    {
        string[] missing = [.. programs.Where(program => program.StartsWith('/') ? !File.Exists(program) : Command.Find(program) is null)];
        if (missing.Length > 0) Skip = $"not installed: {string.Join(", ", missing)} (packaging/prepare tests)";
    }
}
