namespace NsCollector.TestSupport.Requirements;

/// <summary>
/// A test that drives other programs, as root. Where one is missing the test is skipped and says which; tests/run counts
/// that as a failure in CI.
/// </summary>
public sealed class RequiresFactAttribute : FactAttribute
{
    public RequiresFactAttribute(params string[] programs)
    {
        string[] missing = [.. programs.Where(program => Command.Find(program) is null)];
        if (missing.Length > 0)
            Skip = $"not installed: {string.Join(", ", missing)} (packaging/prepare tests)";
        else if (Environment.UserName != "root")
            Skip = "needs root: it makes containers, mounts, or becomes another user";
    }
}
