namespace NsCollector.Catalogue;

/// <summary>The type of a field in line protocol; a field has one for ever.</summary>
internal enum FieldType
{
    /// <summary>Signed 64-bit, written with the suffix <c>i</c>.</summary>
    Integer,

    /// <summary>A decimal number, written with at most six digits behind the point.</summary>
    Float,

    /// <summary>A quoted string.</summary>
    String,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,
}
