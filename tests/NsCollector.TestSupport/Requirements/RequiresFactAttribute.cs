namespace NsCollector.TestSupport.Requirements;

/// <summary>
/// A test that runs other programs as root. It is skipped if one of them is missing, and names it. In CI tests/run counts a
/// skipped test as failed.
/// </summary>
public sealed class RequiresFactAttribute : FactAttribute
{
    public RequiresFactAttribute(params string[] programs)
    {
        string[] missing = [.. programs.Where(program => Command.Find(program) is null)];
        if (missing.Length > 0)
            Skip = $"not installed: {string.Join(", ", missing)}; run packaging/prepare tests";
        else if (Environment.UserName != "root")
            Skip = "needs root, to make containers or mounts or to change the user";
    }
}
