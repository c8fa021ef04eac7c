namespace NsCollector.Host;

/// <summary>How the process ends.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    internal const int Success = 0;

    /// <summary>It failed while running.</summary>
    internal const int Failed = 1;

    /// <summary>The command line was wrong.</summary>
    internal const int Usage = 2;

    /// <summary>The configuration was wrong (EX_CONFIG of sysexits.h; the unit does not restart on it).</summary>
    internal const int Configuration = 78;
}
