using NsCollector.Catalogue;
using NsCollector.Encode.Selection;

namespace NsCollector.Tests.Encode.Selection;

public sealed class OutputSelectionTests
{
    private const string Own = "container_cpu.usage_ns", OnPage = "container_cpu_usage_seconds_total";

    [Theory]
    [InlineData("", "", true)]
    [InlineData("container_cpu.*", "", true)]
    [InlineData("container_cpu_usage_*", "", true)]
    [InlineData("container_memory.*", "", false)]
    [InlineData("container_cpu.*", "*seconds_total", false)]
    [InlineData("container_memory.*", "container_memory.*", false)]
    [InlineData("", "container_cpu.usage_ns", false)]
    [InlineData("container_cpu", "", false)]
    [InlineData("CONTAINER_CPU.*", "", false)]
    public void Glob_selects_by_either_name_and_an_exclude_wins(string include, string exclude, bool isShown) =>
        Assert.Equal(isShown, Choose(include, exclude).Shows(Own, OnPage));

    [Fact]
    public void Lists_are_equal_by_their_texts()
    {
        OutputChoice one = new() { Include = new GlobList(["a", "b"]) }, same = new() { Include = new GlobList(["a", "b"]) };
        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, new OutputChoice { Include = new GlobList(["b", "a"]) });
        Assert.NotEqual(one, new OutputChoice { Exclude = new GlobList(["a", "b"]) });
    }

    [Fact]
    public void Key_of_an_output_replaces_only_the_same_default()
    {
        var defaults = new OutputChoice { Include = new GlobList(["a"]), Exclude = new GlobList(["b"]) };
        OutputChoice choice = new OutputChoice { Exclude = GlobList.Empty }.WithDefaults(defaults);
        Assert.Equal("a", choice.Include!.ToString());
        Assert.Null(choice.Exclude);
    }

    [Fact]
    public void Narrow_keeps_the_positions_of_the_texts_of_rows()
    {
        foreach (Measurement measurement in MetricCatalogue.Measurements.Where(one => one.TextFields.Length > 0))
        {
            for (int i = 0; i < measurement.TextFields.Length; i++)
            {
                Field text = measurement.TextFields[i];
                Measurement? narrow = Choose(OutputSelection.NameOf(measurement, text), "").Narrow(measurement);
                Assert.Same(text, Assert.Single(narrow!.TextFields));
                Assert.Equal(i, Assert.Single(narrow.TextIndexes));
            }
        }
    }

    [Fact]
    public void Narrow_has_the_bits_of_its_fields_only()
    {
        foreach (Measurement measurement in MetricCatalogue.Measurements.Where(one => !one.IsOfAgent && one.Fields.Length > 0 && one.Fields[0].Index >= 0))
        {
            ulong all = 0;
            int first = measurement.Fields[0].Index;
            foreach (Field field in measurement.Fields.Where(field => field.Index >= 0))
            {
                ulong bit = Choose(OutputSelection.NameOf(measurement, field), "").Narrow([measurement]).Where(one => one.Fields.Contains(field)).Select(one => one.FieldBits(first)).Single();
                Assert.Equal(1UL << (field.Index - first), bit);
                all |= bit;
            }

            Assert.Equal(all, measurement.FieldBits(first));
        }
    }

    [Fact]
    public void Measurement_without_a_selected_field_is_left_out()
    {
        Assert.Null(Choose("container_cpu.*", "").Narrow(ContainerMemoryFields.Measurement));
        Assert.Null(Choose("", "container_memory_stat.*").Narrow(ContainerMemoryStatFields.Measurement));
        Assert.Same(ContainerMemoryStatFields.Measurement, Choose("container_memory_*", "").Narrow(ContainerMemoryStatFields.Measurement));
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData("te*", "", true)]
    [InlineData("other", "", false)]
    [InlineData("", "team", false)]
    public void Label_is_selected_by_its_key(string include, string exclude, bool isShown)
    {
        var selection = new OutputSelection(new OutputChoice { IncludeLabels = List(include), ExcludeLabels = List(exclude) });
        Assert.Equal(isShown, selection.ShowsLabel("team"));
        Assert.True(selection.ShowsAllMetrics);
    }

    internal static OutputSelection Choose(string include, string exclude = "") => new(new OutputChoice { Include = List(include), Exclude = List(exclude) });

    private static GlobList List(string text) => new([.. text.Split(',', StringSplitOptions.RemoveEmptyEntries)]);
}
