namespace NsCollector.Discover.Identify;

/// <summary>What came of reading a state file.</summary>
internal enum StateFileOutcome
{
    /// <summary>Its bytes are there.</summary>
    Read,

    /// <summary>There is no such file: no error, as a container is seen before its runtime has written everything.</summary>
    Missing,

    /// <summary>It is larger than discovery.max_state_file allows.</summary>
    TooLarge,

    /// <summary>A FIFO, a directory, a device or a symbolic link is in its place.</summary>
    NotRegular,

    /// <summary>The kernel refused to open or to read it.</summary>
    Unreadable,
}
