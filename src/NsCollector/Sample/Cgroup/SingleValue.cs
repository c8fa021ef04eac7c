namespace NsCollector.Sample.Cgroup;

/// <summary>Content of a file with one value.</summary>
internal enum SingleValue
{
    /// <summary>A number.</summary>
    Number,

    /// <summary><c>max</c> on v2, a negative number on v1: no limit.</summary>
    Unlimited,

    /// <summary>Nothing: no reading, and no error.</summary>
    Empty,

    /// <summary>Malformed, or a number without its line feed.</summary>
    Malformed,
}
