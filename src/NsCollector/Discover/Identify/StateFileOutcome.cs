namespace NsCollector.Discover.Identify;

/// <summary>The result of reading a state file.</summary>
internal enum StateFileOutcome
{
    /// <summary>It was read.</summary>
    Read,

    /// <summary>There is no such file. No error: a container is often seen before its runtime has written all files.</summary>
    Missing,

    /// <summary>It is larger than discovery.max_state_file allows.</summary>
    TooLarge,

    /// <summary>It is a FIFO, a directory or a device.</summary>
    NotRegular,

    /// <summary>The last part of its path is a symbolic link.</summary>
    SymbolicLink,

    /// <summary>The kernel refused to open or to read it.</summary>
    Unreadable,
}
