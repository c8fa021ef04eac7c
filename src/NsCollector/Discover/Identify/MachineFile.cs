using System.Text;

namespace NsCollector.Discover.Identify;

/// <summary>
/// systemd-machined's /run/systemd/machines/NAME: lines KEY=value, values escaped as in C (machine_save in
/// src/machine/machine.c). The unit is the value of SCOPE=, even if it is a service, or of UNIT=.
/// </summary>
internal static class MachineFile
{
    /// <summary>Reads a whole file.</summary>
    /// <param name="text">The bytes.</param>
    /// <param name="unit">The cgroup's own name. The file of another unit's machine is not used.</param>
    /// <param name="draft">Receives the machine's name.</param>
    /// <returns>False if it is not such a file.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> text, ReadOnlySpan<char> unit, IdentityDraft draft)
    {
        string? name = null;
        bool isUnits = false;
        bool hasUnit = false;
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
            text = end < 0 ? [] : text[(end + 1)..];
            if (line.IsEmpty || line[0] == (byte)'#') continue;
            int equals = line.IndexOf((byte)'=');
            if (equals <= 0) return false;
            ReadOnlySpan<byte> key = line[..equals];
            bool isName = key.SequenceEqual("NAME"u8);
            if (!isName && !key.SequenceEqual("SCOPE"u8) && !key.SequenceEqual("UNIT"u8)) continue;
            ReadOnlySpan<byte> value = line[(equals + 1)..];
            if (value.Length > StateText.MaxBytes) return false;
            // Unit names may have backslashes; machine names have nothing that is escaped.
            string said = Encoding.UTF8.GetString(value).Trim('"').Replace(@"\\", @"\", StringComparison.Ordinal);
            if (isName) name = said;
            else
            {
                hasUnit = true;
                isUnits |= unit.SequenceEqual(said);
            }
        }

        if (name is null && !hasUnit) return false;
        if (isUnits && !string.IsNullOrEmpty(name)) draft.Name = name;
        return true;
    }
}
