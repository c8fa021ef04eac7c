using System.Globalization;
using System.Text.Json;

namespace NsCollector.GuestTests.Service;

/// <summary>
/// One journal entry. <paramref name="Identifier"/> is nscollector for the agent's messages, and systemd for messages about its unit.
/// <paramref name="Priority"/> is syslog's: 3 error, 4 warning, 6 information.
/// </summary>
internal sealed record JournalEntry(string Identifier, int Priority, string Message)
{
    /// <summary>The current end of the journal.</summary>
    public static string Cursor(Guest guest) => guest.Run("journalctl --sync; journalctl --show-cursor -n 0 | sed -n 's/^-- cursor: //p'");

    /// <summary>All entries about the unit after a cursor.</summary>
    public static JournalEntry[] Since(Guest guest, string cursor) =>
    [
        // Without -u: if the cursor's entry is another unit's, journalctl of systemd 252 would leave out the first entry.
        .. guest.Run($"journalctl --sync; journalctl --after-cursor '{cursor}' -o json --output-fields=PRIORITY,MESSAGE,SYSLOG_IDENTIFIER,UNIT,_SYSTEMD_UNIT")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(entry => new[] { "UNIT", "_SYSTEMD_UNIT" }.Any(of => entry.TryGetProperty(of, out JsonElement unit) && unit.ValueEquals("nscollector.service")))
            .Select(entry => new JournalEntry(
                entry.GetProperty("SYSLOG_IDENTIFIER").GetString()!,
                int.Parse(entry.GetProperty("PRIORITY").GetString()!, CultureInfo.InvariantCulture),
                entry.GetProperty("MESSAGE").GetString()!)),
    ];

    /// <summary>The agent's messages after a cursor.</summary>
    public static JournalEntry[] OfAgentSince(Guest guest, string cursor) => [.. Since(guest, cursor).Where(entry => entry.Identifier == "nscollector")];
}
