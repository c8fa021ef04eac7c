namespace NsCollector.RuntimeTests;

/// <summary>
/// A test of the native executable, as root. It is skipped if AGENT_UNDER_TEST names none (tests/run sets it).
/// </summary>
internal sealed class RequiresExecutableFactAttribute : FactAttribute
{
    public RequiresExecutableFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("AGENT_UNDER_TEST") is not { Length: > 0 })
            Skip = "AGENT_UNDER_TEST names no executable (tests/run sets it)";
        else if (Environment.UserName != "root")
            Skip = "needs root, to change the owner of files";
    }
}
