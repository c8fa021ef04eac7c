using System.Collections.Immutable;

namespace NsCollector.Catalogue;

/// <summary>
/// Every measurement and field of the output with its type, unit, meaning and kernel key, one file for each measurement.
/// The parsers, the encoders and docs/metrics.md are driven by it. A changed name needs a CHANGELOG entry.
/// </summary>
internal static class MetricCatalogue
{
    private static readonly Field?[] FieldsByReading = new Field?[(int)Enum.GetValues<Reading>().Max() + 1];

    // By SamplePart: the first and the last field index.
    private static readonly (int First, int Last)[] Ranges = new (int, int)[Enum.GetValues<SamplePart>().Length];

    static MetricCatalogue()
    {
        Array.Fill(Ranges, (int.MaxValue, -1));
        foreach (Measurement measurement in Measurements)
        {
            ref (int First, int Last) range = ref Ranges[(int)measurement.Part];
            foreach (Field field in measurement.Fields)
            {
                if (field.Index < 0) continue;
                range = (Math.Min(range.First, field.Index), Math.Max(range.Last, field.Index));
                if (!measurement.IsOfAgent) FieldsByReading[field.Index] ??= field;
            }
        }
    }

    /// <summary>Every measurement, in the order in which a container's points are written.</summary>
    public static ImmutableArray<Measurement> Measurements { get; } =
    [
        ContainerInfoFields.Measurement,
        ContainerCpuFields.Measurement,
        ContainerCpuCoreFields.Measurement,
        ContainerMemoryFields.Measurement,
        ContainerMemoryStatFields.Measurement,
        ContainerBlkioFields.Measurement,
        ContainerPidsFields.Measurement,
        ContainerPressureFields.Measurement,
        ContainerHugetlbFields.Measurement,
        ContainerLimitsFields.Measurement,
        ContainerLimitsFields.Devices,
        ContainerLimitsFields.Hugetlb,
        ContainerMemoryDetailFields.Measurement,
        ContainerMemoryDetailFields.Nodes,
        ContainerMemoryDetailFields.Misc,
        ContainerNetworkFields.Measurement,
        ContainerTcpFields.Measurement,
        ContainerUdpFields.Measurement,
        ContainerConntrackFields.Measurement,
        ContainerConnectionsFields.Measurement,
        ContainerFlowFields.Measurement,
        NetfilterFields.Container,
        ContainerQdiscFields.Measurement,
        ContainerStartFields.Measurement,
        ContainerFilesystemFields.Measurement,
        ContainerExitFields.Measurement,
        ContainerOomFields.Measurement,
        HostCpuFields.Measurement,
        HostCopies.Processors,
        HostMemoryFields.Measurement,
        HostLoadFields.Measurement,
        HostVmstatFields.Measurement,
        HostCopies.Pressure,
        HostDiskFields.Measurement,
        HostFilesystemFields.Measurement,
        HostCopies.Network,
        HostCopies.Conntrack,
        NetfilterFields.Host,
        ContainerStateFields.Measurement,
        AgentFields.Measurement,
        AgentSinkFields.Measurement,
    ];

    /// <summary>The field that shows a reading of a container.</summary>
    internal static Field FieldOf(Reading reading) =>
        FieldsByReading[(int)reading] ?? throw new ArgumentOutOfRangeException(nameof(reading), reading, "No field shows it.");

    /// <summary>The first and the last reading of the measurements in the given parts of a sample.</summary>
    internal static (Reading First, Reading Last) RangeOf(params ReadOnlySpan<SamplePart> parts)
    {
        int first = int.MaxValue, last = -1;
        foreach (SamplePart part in parts)
        {
            first = Math.Min(first, Ranges[(int)part].First);
            last = Math.Max(last, Ranges[(int)part].Last);
        }

        return ((Reading)first, (Reading)last);
    }

    /// <summary>The readings of a part that are copies of other readings.</summary>
    internal static (Reading From, Reading To)[] CopiesOf(SamplePart part) =>
        [.. Measurements.Where(measurement => measurement.Part == part).SelectMany(measurement => measurement.Fields)
            .Where(field => field.CopyOf is not null).Select(field => (field.CopyOf!.Value, (Reading)field.Index))];
}
