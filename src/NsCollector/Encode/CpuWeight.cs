namespace NsCollector.Encode;

/// <summary>Converts cpu.weight of cgroup v2.</summary>
internal static class CpuWeight
{
    /// <summary>The number as cpu.shares of v1: the inverse of the conversion of OCI runtimes, as in cAdvisor. 1 to 10000 are 2 to 262144.</summary>
    internal static long ToShares(long weight) => 2 + ((weight - 1) * 262142 / 9999);
}
