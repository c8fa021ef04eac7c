using System.Globalization;

namespace NsCollector.TestSupport.Kernel;

/// <summary>The counters of an interface in /proc/PID/net/dev.</summary>
public readonly record struct ProcessNetwork(long RxBytes, long RxPackets, long TxBytes, long TxPackets)
{
    /// <summary>Reads the counters of one interface in the network namespace of a process.</summary>
    public static ProcessNetwork Read(int pid, string networkInterface)
    {
        string line = File.ReadLines($"/proc/{pid}/net/dev").First(line => line.TrimStart().StartsWith(networkInterface + ":", StringComparison.Ordinal));
        long[] numbers = [.. line[(line.IndexOf(':') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(number => long.Parse(number, CultureInfo.InvariantCulture))];
        return new ProcessNetwork(numbers[0], numbers[1], numbers[8], numbers[9]);
    }
}
