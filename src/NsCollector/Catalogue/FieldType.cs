namespace NsCollector.Catalogue;

/// <summary>The type of a field in line protocol. It never changes: a database refuses a field whose type differs from the stored one.</summary>
internal enum FieldType
{
    /// <summary>Signed 64-bit, written with the suffix <c>i</c>.</summary>
    Integer,

    /// <summary>A decimal number, written with at most six decimal places.</summary>
    Float,

    /// <summary>A quoted string.</summary>
    String,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,
}
