namespace NsCollector.Sample.Cgroup.Records;

/// <summary>How the numbers of cgroups are read (<c>cgroup.reader</c>).</summary>
internal enum CgroupReaderMode
{
    /// <summary>From files.</summary>
    Files,

    /// <summary>By BPF where that is possible, else from files.</summary>
    Auto,

    /// <summary>The same, with a warning if BPF cannot be used.</summary>
    Bpf,
}
