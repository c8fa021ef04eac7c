namespace NsCollector.Sample.Cgroup;

/// <summary>What a file of one value held.</summary>
internal enum SingleValue
{
    /// <summary>A number.</summary>
    Number,

    /// <summary><c>max</c> on v2, a negative number on v1: no limit.</summary>
    Unlimited,

    /// <summary>Nothing: no reading, and no error.</summary>
    Empty,

    /// <summary>Something else, or a number without its line feed.</summary>
    Malformed,
}
