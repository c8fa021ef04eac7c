namespace NsCollector.Deliver;

/// <summary>What was being done when a file failed; with the errno it makes the message.</summary>
internal enum FileStep
{
    /// <summary>Nothing failed.</summary>
    None,

    /// <summary>Opening or making the file.</summary>
    Open,

    /// <summary>The path is a directory, a device, a pipe or a symbolic link.</summary>
    NotARegularFile,

    /// <summary>Another process has the file locked.</summary>
    Locked,

    /// <summary>Removing half a line that an earlier process left at the end.</summary>
    Repair,

    /// <summary>Writing lines.</summary>
    Write,
}
