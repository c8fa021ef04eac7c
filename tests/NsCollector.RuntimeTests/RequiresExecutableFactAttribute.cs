namespace NsCollector.RuntimeTests;

/// <summary>
/// A test of the executable as it is installed, as root. Where AGENT_UNDER_TEST names none (tests/run sets it) it is
/// skipped.
/// </summary>
internal sealed class RequiresExecutableFactAttribute : FactAttribute
{
    public RequiresExecutableFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("AGENT_UNDER_TEST") is not { Length: > 0 })
            Skip = "AGENT_UNDER_TEST names no executable (tests/run sets it)";
        else if (Environment.UserName != "root")
            Skip = "needs root: it gives files to other users";
    }
}
