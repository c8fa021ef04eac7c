namespace NsCollector.Deliver;

/// <summary>The step at which a file operation failed.</summary>
internal enum FileStep
{
    /// <summary>Nothing failed.</summary>
    None,

    /// <summary>Opening or creating the file.</summary>
    Open,

    /// <summary>The path is a directory, a device, a pipe or a symbolic link.</summary>
    NotARegularFile,

    /// <summary>Another process has the file locked.</summary>
    Locked,

    /// <summary>Removing an incomplete line at the end, left by an earlier process.</summary>
    Repair,

    /// <summary>Writing lines.</summary>
    Write,
}
