namespace NsCollector.Sample.Cgroup;

/// <summary>The sizes of huge pages that the host has.</summary>
internal static class HugePageSizes
{
    /// <summary>The sizes as the kernel names them in hugetlb files: <c>64KB</c>, <c>2MB</c>, <c>1GB</c> (mm/hugetlb_cgroup.c, mem_fmt).</summary>
    internal static List<string> Read(string sys)
    {
        var sizes = new List<ulong>();
        try
        {
            foreach (string path in Directory.EnumerateDirectories(sys + "/kernel/mm/hugepages", "hugepages-*kB"))
            {
                ReadOnlySpan<char> number = Path.GetFileName(path.AsSpan())["hugepages-".Length..^2];
                if (ulong.TryParse(number, out ulong kilobytes)) sizes.Add(kilobytes);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No huge pages on this kernel.
        }

        sizes.Sort();
        return sizes.ConvertAll(kilobytes => kilobytes switch
        {
            >= 1 << 20 => $"{kilobytes >> 20}GB",
            >= 1 << 10 => $"{kilobytes >> 10}MB",
            _ => $"{kilobytes}KB",
        });
    }
}
