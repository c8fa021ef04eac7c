namespace NsCollector.Catalogue;

/// <summary>A field of Telegraf's schema that shows a reading. It has the type of the catalogue row, unless <see cref="IsSeconds"/> or <see cref="IsBoolean"/> is set.</summary>
/// <param name="Measurement">Telegraf's measurement, of its docker input or one of its inputs for the host.</param>
/// <param name="Name">The field's name there.</param>
internal sealed record TelegrafField(string Measurement, string Name)
{
    /// <summary>The number by which the reading is divided to get Telegraf's unit: 1e6 from nanoseconds to whole milliseconds, 1e9 to seconds as a float.</summary>
    public double Divisor { get; init; } = 1;

    /// <summary>Whether the divided reading is a float: of Telegraf's times, only those in seconds are floats.</summary>
    public bool IsSeconds => Divisor >= 1e9;

    /// <summary>Whether Telegraf leaves the field out if it is 0.</summary>
    public bool OmitsZero { get; init; }

    /// <summary>Whether the field is <c>true</c> if the reading is not 0.</summary>
    public bool IsBoolean { get; init; }
}
