using NsCollector.Linux;
using NsCollector.Sample.Hardware;

namespace NsCollector.Serve.Machine;

/// <summary>The parts of the machine, read again at most every five minutes, as in cAdvisor. Any thread may use it.</summary>
/// <param name="roots">Where the kernel's files are.</param>
internal sealed class HardwareSource(HostRoots roots)
{
    private const long MaxAgeNs = 300L * 1_000_000_000;

    private readonly HardwareReader _reader = new(roots);
    private readonly Lock _lock = new();
    private MachineHardware? _hardware;
    private long _readNs;

    /// <summary>The parts. The same object is returned until they are read again.</summary>
    internal MachineHardware Read()
    {
        lock (_lock)
        {
            long nowNs = SystemClock.MonotonicNs();
            if (_hardware is null || nowNs - _readNs > MaxAgeNs)
            {
                _hardware = _reader.Read();
                _readNs = nowNs;
            }

            return _hardware;
        }
    }
}
