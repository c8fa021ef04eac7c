using NsCollector.Catalogue;

namespace NsCollector.Tests.Catalogue;

/// <summary>Each unit has one spelling, and a value that is not a quantity has no unit.</summary>
public sealed class UnitTests
{
    private static readonly string[] Units = ["-", "1", "bytes", "bytes per second", "operations per second", "seconds", "cores", "microseconds", "nanoseconds", "nanoseconds since the epoch", "percent"];

    public static TheoryData<string, string> Fields()
    {
        var data = new TheoryData<string, string>();
        foreach ((string measurement, string field) in MetricCatalogue.Measurements.SelectMany(m => m.Fields.Select(f => (m.Name, f.Name))).Distinct()) data.Add(measurement, field);
        return data;
    }

    [Theory, MemberData(nameof(Fields))]
    public void Unit_of_field_is_known_and_matches_its_name(string measurement, string name)
    {
        Field field = MetricCatalogue.Measurements.Where(m => m.Name == measurement).SelectMany(m => m.Fields).First(f => f.Name == name);
        Assert.Contains(field.Unit, Units);

        // The highest value has the unit of the value.
        if (name.EndsWith("_max", StringComparison.Ordinal)) name = name[..^"_max".Length];
        Assert.Equal(name.EndsWith("_ns", StringComparison.Ordinal), field.Unit.StartsWith("nanoseconds", StringComparison.Ordinal));
        Assert.Equal(name.EndsWith("_percent", StringComparison.Ordinal) || name.Contains("_avg", StringComparison.Ordinal), field.Unit == "percent");
        if (name.EndsWith("_bytes", StringComparison.Ordinal)) Assert.Equal("bytes", field.Unit);
    }

    /// <summary>Identifiers, codes, states and weights have no unit.</summary>
    [Theory, MemberData(nameof(Fields))]
    public void Unit_is_absent_for_value_that_is_not_a_quantity(string measurement, string name)
    {
        Field field = MetricCatalogue.Measurements.Where(m => m.Name == measurement).SelectMany(m => m.Fields).First(f => f.Name == name);
        bool isQuantity = field.Type is FieldType.Integer or FieldType.Float && name is not ("pid" or "victim_pid" or "victim_oom_score_adj" or "exit_code" or "exit_signal" or "up" or "weight" or "bfq_weight" or "cpu_shares" or "cpu_weight" or "io_weight"
            or "io_bfq_weight" or "memory_swappiness" or "oom_score_adj" or "rlimit_nice_soft" or "rlimit_nice_hard" or "rlimit_rtprio_soft" or "rlimit_rtprio_hard");
        Assert.Equal(isQuantity, field.Unit != "-");
        // A numeric property is a limit, a protection or a time; anything else belongs in the list of names above.
        if (field.Kind == FieldKind.Property && isQuantity) Assert.Matches("limit|max$|_ns$|_us$|_(high|low|min)_bytes$|^cpuset_", name);
    }
}
