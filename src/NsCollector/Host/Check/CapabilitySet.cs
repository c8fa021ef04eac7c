using System.Globalization;

namespace NsCollector.Host.Check;

/// <summary>A set of capabilities, as the kernel prints it in /proc/PID/status (numbers: include/uapi/linux/capability.h).</summary>
internal readonly record struct CapabilitySet(ulong Bits)
{
    internal const int DacReadSearch = 2;
    internal const int NetBroadcast = 11;
    internal const int NetAdmin = 12;
    internal const int SysPtrace = 19;
    internal const int SysAdmin = 21;

    /// <summary>Whether the set contains a capability.</summary>
    internal bool Has(int capability) => ((Bits >> capability) & 1) != 0;

    /// <summary>The effective set from the text of /proc/PID/status; null if it has none.</summary>
    internal static CapabilitySet? Effective(string status)
    {
        foreach (string line in status.Split('\n'))
        {
            if (line.StartsWith("CapEff:", StringComparison.Ordinal) &&
                ulong.TryParse(line.AsSpan(7).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits))
            {
                return new CapabilitySet(bits);
            }
        }

        return null;
    }
}
