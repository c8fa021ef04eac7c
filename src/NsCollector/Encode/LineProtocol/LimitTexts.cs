using NsCollector.Catalogue;

namespace NsCollector.Encode.LineProtocol;

/// <summary>Which of the lists of container_limits are written.</summary>
internal readonly record struct LimitTexts(bool CpusetCpus, bool CpusetMems, bool CpusetCpusEffective, bool CpusetMemsEffective)
{
    /// <param name="limits">container_limits with the fields that are selected; null for none.</param>
    internal LimitTexts(Measurement? limits)
        : this(Has(limits, "cpuset_cpus"), Has(limits, "cpuset_mems"), Has(limits, "cpuset_cpus_effective"), Has(limits, "cpuset_mems_effective"))
    {
    }

    private static bool Has(Measurement? limits, string name) => limits is not null && limits.Fields.Any(field => field.Name == name);
}
