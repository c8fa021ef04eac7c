namespace NsCollector.TestSupport.LineProtocol;

/// <summary>One point of line protocol. Field values are long, double, bool or string.</summary>
public sealed record Point(
    string Measurement,
    IReadOnlyDictionary<string, string> Tags,
    IReadOnlyDictionary<string, object> Fields,
    long TimestampNs)
{
    /// <summary>The tag <c>container</c>; null if the point has none.</summary>
    public string? Container => Tags.GetValueOrDefault("container");

    /// <summary>An integer field that must exist.</summary>
    public long Integer(string field) => Assert.IsType<long>(Value(field));

    /// <summary>A float field that must exist.</summary>
    public double Float(string field) => Assert.IsType<double>(Value(field));

    /// <summary>A string field that must exist.</summary>
    public string Text(string field) => Assert.IsType<string>(Value(field));

    /// <summary>A boolean field that must exist.</summary>
    public bool Boolean(string field) => Assert.IsType<bool>(Value(field));

    /// <summary>Whether the field exists.</summary>
    public bool Has(string field) => Fields.ContainsKey(field);

    private object Value(string field)
    {
        Assert.True(Fields.TryGetValue(field, out object? value), $"{Measurement} of {Container} has no field {field}: {string.Join(",", Fields.Keys)}");
        return value!;
    }
}
