namespace NsCollector.Host;

/// <summary>Exit codes of the process.</summary>
internal static class ExitCode
{
    /// <summary>Success.</summary>
    internal const int Success = 0;

    /// <summary>The command failed.</summary>
    internal const int Failed = 1;

    /// <summary>The command line is invalid.</summary>
    internal const int Usage = 2;

    /// <summary>The configuration is invalid (EX_CONFIG of sysexits.h). The unit does not restart the agent on it.</summary>
    internal const int Configuration = 78;
}
