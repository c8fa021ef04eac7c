namespace NsCollector.Deliver;

/// <summary>The step at which a file operation failed.</summary>
internal enum FileStep
{
    /// <summary>Nothing failed.</summary>
    None,

    /// <summary>Opening or creating the file.</summary>
    Open,

    /// <summary>The path is a directory, a device or a pipe.</summary>
    NotARegularFile,

    /// <summary>The last part of the path is a symbolic link.</summary>
    SymbolicLink,

    /// <summary>Another process has the file locked.</summary>
    Locked,

    /// <summary>Removing an incomplete line at the end, left by an earlier process.</summary>
    Repair,

    /// <summary>Writing lines.</summary>
    Write,
}
